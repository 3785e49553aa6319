/** A mark with a name, in pixels. */
export interface Label {
  text: string;
  x: number;
  y: number;
}

/** Size of a letter, in pixels. */
const LETTER = { width: 6.2, height: 16 };
/** Pixels between two names in a line. */
const GAP = 4;

/**
 * Which names to write above their marks so that none covers another and all stay within `width`: one after
 * the other, each where there is still room beside the `obstacles`. The others are read by pointing at their marks.
 */
export function placeLabels(
  labels: readonly Label[],
  width: number,
  obstacles: readonly Label[] = [],
): boolean[] {
  const taken = [...obstacles];
  return labels.map((label) => {
    const half = (label.text.length * LETTER.width) / 2;
    const isFree = taken.every(
      (other) =>
        Math.abs(label.y - other.y) > LETTER.height ||
        Math.abs(label.x - other.x) > half + (other.text.length * LETTER.width) / 2 + GAP,
    );
    const isInside = label.x - half >= 0 && label.x + half <= width;
    if (isFree && isInside) taken.push(label);
    return isFree && isInside;
  });
}
