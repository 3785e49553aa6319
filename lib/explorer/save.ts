import { InputError } from '../errors';
import { toHuggingFace } from '../huggingface';
import { frontierCsv } from './downloads';
import { download, element, Plotly } from './elements';
import type { View } from './engine';

/** Downloads what a button below the picture names. */
export async function saveFile(kind: string, view: View): Promise<void> {
  const { setting, law } = view.inputs;
  if (kind === 'csv') download('frontier.csv', new Blob([frontierCsv(view)], { type: 'text/csv' }));
  else if (kind === 'board') saveJson('board.json', setting.device);
  else if (kind === 'law') saveJson('law.json', law);
  else await savePicture(kind as 'png' | 'svg');
}

/**
 * Downloads the architecture of a card: as `--architecture` reads it, or as a config to train from. Returns
 * what the config had to change, or why there can be none.
 */
export function saveCard(kind: string, card: number, view: View): string {
  const { architecture } = view.compared[card];
  if (kind === 'json') {
    saveJson('architecture.json', architecture);
    return '';
  }
  try {
    const { config, changes } = toHuggingFace(architecture);
    saveJson('config.json', config);
    return changes.join('; ');
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

async function savePicture(format: 'png' | 'svg'): Promise<void> {
  const address = await Plotly.toImage(element('picture'), { format, scale: format === 'png' ? 2 : 1 });
  const [head, content] = [address.slice(0, address.indexOf(',')), address.slice(address.indexOf(',') + 1)];
  const bytes = head.endsWith('base64')
    ? Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
    : decodeURIComponent(content);
  download(
    `explorer.${format}`,
    new Blob([bytes], { type: format === 'png' ? 'image/png' : 'image/svg+xml' }),
  );
}

function saveJson(name: string, value: unknown): void {
  download(name, new Blob([`${JSON.stringify(value, null, 1)}\n`], { type: 'application/json' }));
}
