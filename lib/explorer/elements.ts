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
}

/** An element in which Plotly has drawn. */
export interface Drawing extends HTMLElement {
  on(event: 'plotly_click', listener: (event: { points: { customdata?: unknown }[] }) => void): void;
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
