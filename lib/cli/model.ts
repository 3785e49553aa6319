import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import type { HuggingFaceModel } from '../huggingface';
import { type Law, outsideRanges, predictLoss } from '../law/law';
import type { LayerGroup } from '../layers';
import { columns, describeArchitecture, describeLoss } from '../report/text';
import { assume, json, print, readConfig, textOnly, type Values } from './options';

const WORDS = `
Counts are exact: what transformers builds from the file, sizes that it leaves out being the defaults of its class.
"layers" are the groups of equal layers that latency and memory are computed from; "architecture" is the nearest
one with a single shape for all layers, of which a law can speak. For a model that sees or hears, "total" is the
whole, of which "text", "vision", "audio" and "projector" are the parts; "active" and "embedding" are of the text.
"warnings" say what is not read, what a quantised checkpoint stores, and what the architecture approximates.`;

/** Options and action of `model`. */
export function define(command: Command): void {
  command
    .argument('<config>', 'config.json of a decoder-only model, or of one that also sees or hears')
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(assume())
    .addOption(textOnly())
    .addOption(json())
    .addHelpText('after', WORDS)
    .action((file: string, options: Values) => {
      const chosen = law(options.law as string);
      const read = readConfig(file, options);
      const { architecture, parameters, kvBytesPerToken, family, model } = read;
      const warnings = [...read.warnings, ...read.approximations, ...outsideRanges(chosen, architecture)];
      const value = { architecture, parameters, kvBytesPerToken, family, layers: model.groups, warnings };
      print(options, value, () => describeModel(read, warnings, chosen));
    });
}

function describeModel(read: HuggingFaceModel, warnings: readonly string[], law: Law): string {
  const { architecture, family, kvBytesPerToken, model, parameters } = read;
  const parts = (['text', 'vision', 'audio', 'projector'] as const).flatMap((part) =>
    parameters[part] === undefined ? [] : [[`  ${part}`, String(parameters[part])]],
  );
  return [
    ...columns([
      ['family', family],
      ...describeArchitecture(architecture, parameters),
      ['  exactly', String(parameters.total)],
      ...parts,
      ['KV cache', `${kvBytesPerToken} bytes per token of context, in 16 bits`],
      ...model.groups.map((group, i) => [i === 0 ? 'layers' : '', describeGroup(group)]),
    ]),
    '',
    describeLoss(predictLoss(law, architecture), law),
    ...warnings.map((warning) => `note: ${warning}`),
  ].join('\n');
}

/** A group of layers in words. */
function describeGroup({ count, attention, ffn }: LayerGroup): string {
  const words = {
    full: 'full attention',
    window: 'attention over a window',
    latent: 'latent attention',
    linear: 'a state instead of a cache',
    none: 'no attention',
  };
  const window = attention.kind === 'window' ? ` of ${attention.window}` : '';
  const shared = ffn.kind === 'experts' && ffn.shared ? `, a shared one of ${ffn.shared}` : '';
  const size = {
    dense: () => ffn.kind === 'dense' && `FFN of ${ffn.size}`,
    experts: () => ffn.kind === 'experts' && `${ffn.activeExperts} of ${ffn.experts} experts${shared}`,
    none: () => 'no FFN',
  }[ffn.kind]();
  return `${count} × ${words[attention.kind]}${window}, ${size}`;
}
