import type { Figure } from '../figures/figure';
import { colours } from '../figures/theme';

/** Colours of the page's figures. */
export interface Palette {
  text: string;
  quiet: string;
  back: string;
  grid: string;
  /** Architectures that fit the memory budget, and those that do not. */
  within: string;
  beyond: string;
  frontier: string;
  best: string;
  /** The same for small letters. */
  bestText: string;
  pins: readonly [string, string];
  onPin: string;
  region: string;
  /** Behind names that lie on points. */
  label: string;
}

export const light: Palette = {
  text: '#1f2328',
  quiet: '#59636e',
  back: '#ffffff',
  grid: '#e6e8eb',
  within: colours.sky,
  beyond: '#b8bec6',
  frontier: colours.blue,
  best: colours.orange,
  bestText: '#b34500',
  pins: [colours.purple, colours.green],
  onPin: '#0d1117',
  region: 'rgba(0, 114, 178, 0.06)',
  label: 'rgba(255, 255, 255, 0.7)',
};

export const dark: Palette = {
  text: '#e6edf3',
  quiet: '#9aa5b1',
  back: '#0d1117',
  grid: '#262d36',
  within: '#3d7ea6',
  beyond: '#4b535d',
  frontier: colours.sky,
  best: '#ff9d4d',
  bestText: '#ff9d4d',
  pins: ['#e3a3c6', '#3ccba0'],
  onPin: '#0d1117',
  region: 'rgba(86, 180, 233, 0.08)',
  label: 'rgba(13, 17, 23, 0.65)',
};

/** A figure of the library in the page's colours: its layout is light, and its black is not seen on dark. */
export function inPalette({ data, layout, name }: Figure, palette: Palette): Figure {
  const axes = Object.keys(layout).filter((key) => /^[xy]axis/.test(key));
  const axis = (key: string) => ({
    ...(layout[key] as object),
    gridcolor: palette.grid,
    linecolor: palette.quiet,
    tickcolor: palette.quiet,
  });
  return {
    name,
    data,
    layout: {
      ...layout,
      ...Object.fromEntries(axes.map((key) => [key, axis(key)])),
      font: { ...(layout.font as object), color: palette.text },
      paper_bgcolor: palette.back,
      plot_bgcolor: palette.back,
      hoverlabel: {
        align: 'left',
        bgcolor: palette.back,
        bordercolor: palette.quiet,
        font: { size: 12, color: palette.text },
      },
    },
  };
}
