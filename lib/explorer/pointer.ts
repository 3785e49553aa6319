import { type Drawing, type HoveredPoint, Plotly } from './elements';

/**
 * Makes the pointer meet what it sees. Plotly takes the nearest point; where that one lies beneath a mark (the
 * best, a model, a pin), the mark is meant.
 */
export function preferMarks(place: Drawing): void {
  place.on('plotly_hover', ({ points }) => {
    const mark = markAbove(place, points[0]);
    if (mark !== undefined) Plotly.Fx.hover(place, [mark]);
  });
}

/** The topmost mark that covers `point`, unless `point` belongs to it or to one above it. */
function markAbove(place: Drawing, { curveNumber, xaxis, yaxis, x, y }: HoveredPoint) {
  const [left, top] = [xaxis.d2p(x), yaxis.d2p(y)];
  for (let curve = place.data.length - 1; curve > curveNumber; curve--) {
    const trace = place.data[curve];
    if (trace.meta !== 'marks') continue;
    for (let i = 0; i < trace.x.length; i++) {
      const distance = Math.hypot(xaxis.d2p(trace.x[i]) - left, yaxis.d2p(trace.y[i]) - top);
      if (distance <= trace.marker.size / 2)
        return { curveNumber: curve, xval: trace.x[i], yval: trace.y[i] };
    }
  }
  return undefined;
}
