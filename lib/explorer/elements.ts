/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** The element of the page with this id. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** What is used of Plotly, which the page brings along. */
interface PlotlyLibrary {
  react(place: HTMLElement, data: object[], layout: object, config: object): Promise<unknown>;
  toImage(place: HTMLElement, options: { format: string; scale?: number }): Promise<string>;
  relayout(place: HTMLElement, changes: object): Promise<unknown>;
  Fx: { hover(place: HTMLElement, points: { curveNumber: number; xval: number; yval: number }[]): void };
}

interface Axis {
  /** Pixels from the edge of the axes to a value. */
  d2p(value: number): number;
}

/** A point under the pointer. */
export interface HoveredPoint {
  customdata?: unknown;
  curveNumber: number;
  x: number;
  y: number;
  xaxis: Axis;
  yaxis: Axis;
}

/** An element in which Plotly has drawn. */
export interface Drawing extends HTMLElement {
  on(event: 'plotly_click' | 'plotly_hover', listener: (event: { points: HoveredPoint[] }) => void): void;
  on(event: 'plotly_doubleclick', listener: () => void): void;
  data: { meta?: unknown; x: ArrayLike<number>; y: ArrayLike<number>; marker: { size: number } }[];
}

export const Plotly: PlotlyLibrary = (globalThis as unknown as { Plotly: PlotlyLibrary }).Plotly;

/** Whether the browser draws with WebGL; without it points are drawn as SVG, which is slower. */
export function hasWebgl(): boolean {
  const context = document.createElement('canvas').getContext('webgl');
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null;
}

/** Hands a file to the reader. */
export function download(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
