import { parameters } from '../architecture';
import type { Linear, Stack, Vla } from './vla';

/**
 * Parameters of a vision-language-action model. Encoders have biases and learned positions, as SigLIP and DINOv2 do;
 * experts have neither.
 *
 * @example countVla(vla('openvla-7b')) > 7e9 // true
 */
export function countVla(vla: Vla): number {
  const { linear, other } = countBeside(vla);
  return linear + other + parameters(vla.backbone).total;
}

/** The same of all but the backbone, by how it is stored: matrices of linear layers, and what stays in 16 bits. */
export function countBeside(vla: Vla): { linear: number; other: number } {
  const { encoders, projector, backbone, adapter, action, stored } = vla;
  let linear = linearWeights(projector);
  let other = (stored?.weights ?? 0) + linearBiases(projector);
  for (const { tokens, patch, ...encoder } of encoders) {
    const { depth, width, heads, kvHeads, headDim, ffn } = encoder;
    linear += stackWeights(encoder) + 3 * patch ** 2 * width;
    const biases = (heads + 2 * kvHeads) * headDim + width + ffn + width;
    other += depth * (biases + 4 * width) + (tokens + 3) * width;
  }
  if (adapter !== undefined) {
    linear += stackWeights(adapter);
    other += adapter.depth * 4 * adapter.width;
  }
  if (action.kind !== 'tokens') {
    linear += linearWeights(action.layers);
    other += linearBiases(action.layers);
  }
  if (action.kind === 'flow') {
    const { expert, pattern, modulation = [] } = action;
    const { width: own, heads, kvHeads, headDim, ffn, gated, depth } = expert;
    for (let layer = 0; layer < depth; layer++) {
      const sees = pattern[layer % pattern.length];
      const from =
        sees === 'features' ? backbone.width : sees === 'cache' ? backbone.kvHeads * backbone.headDim : own;
      linear += own * heads * headDim * 2 + 2 * from * kvHeads * headDim + (gated ? 3 : 2) * own * ffn;
      linear += linearWeights(modulation);
      other += 2 * own + linearBiases(modulation);
    }
  }
  return { linear, other };
}

function stackWeights({ depth, width, heads, kvHeads, headDim, ffn, gated }: Stack): number {
  return depth * (width * headDim * (2 * heads + 2 * kvHeads) + (gated ? 3 : 2) * width * ffn);
}

function linearWeights(layers: readonly Linear[]): number {
  return layers.reduce((sum, [inputs, outputs]) => sum + inputs * outputs, 0);
}

function linearBiases(layers: readonly Linear[]): number {
  return layers.reduce((sum, [, outputs]) => sum + outputs, 0);
}
