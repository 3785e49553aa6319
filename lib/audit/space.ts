/** Node only: checks of the search space (Table 5) and of the comparison with Qwen2.5-0.5B (§4.3.5). */
import { type Architecture, parameters } from '../architecture';
import { evaluateArchitectures } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import type { Setting } from '../roofline/roofline';
import { enumerateSpace, paperSpace } from '../space';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding } from './verdict';

/** Whether the space of Table 5 holds as many configurations as are said to have been evaluated. */
export function spaceHolds(_: Evidence, { configurations }: { configurations: number }): Finding {
  const size = enumerateSpace(paperSpace).length;
  const without = enumerateSpace({ ...paperSpace, ffnRatios: [1] }).length;
  // The paper varies the FFN ratio, so there are at least two; how many it does not say.
  const needed = Math.ceil(configurations / without);
  return {
    verdict: needed <= 2 ? 'reproduced' : 'not checkable',
    ours: `${size.toLocaleString('en-US')} (Table 5 with 6 FFN ratios)`,
    how: `Table 5 without FFN ratios has ${without.toLocaleString('en-US')} combinations; ${configurations.toLocaleString('en-US')} need ${needed} ratios, and none is listed`,
    value: size,
  };
}

/** Whether a value that the paper uses lies in its own search space. */
export function inSpace(_: Evidence, { depth, experts }: { depth?: number; experts?: number }): Finding {
  const most = Math.max(...paperSpace.depths);
  const known = [...new Set(paperSpace.mixtures.map(([each]) => each))];
  const holds = (depth === undefined || depth <= most) && (experts === undefined || known.includes(experts));
  return consistent(holds, {
    ours: depth === undefined ? `experts ${known.join(', ')}` : `depth at most ${most}`,
    how: 'the search space of Table 5',
  });
}

/** The least activation rate of the space. */
export function leastActivationRate(_: Evidence, { printed }: { printed: number }): Finding {
  const least = Math.min(...paperSpace.mixtures.map(([experts, active]) => active / experts));
  return compared(least === printed, {
    ours: String(least),
    how: 'least K / E of the mixtures of Table 5',
    value: least,
  });
}

/** Parameters of the baseline. */
export function baselineParameters({ qwen }: Evidence, { printed }: { printed: number }): Finding {
  const { total } = parameters(qwen());
  return compared(Math.abs(total / printed - 1) < 0.02, {
    ours: `${(total / 1e6).toFixed(1)} M`,
    how: 'counted from its real configuration: projections, biases, norms and the tied embedding',
    value: total,
  });
}

/** The best architecture of the space at the baseline's latency, all with its vocabulary and LM head or without. */
export function againstBaseline(evidence: Evidence, { percent }: { percent?: number }): Finding {
  const qwen = evidence.qwen();
  const setting = evidence.setting('fp16');
  const { reference, best } = atBaselineLatency(evidence, setting, qwen.vocabulary);
  const gain = reference.loss - best.loss;
  if (percent === undefined)
    return compared(gain > 0, {
      ours: `loss −${gain.toFixed(3)} nats at ${(1000 * best.latencySeconds).toFixed(1)} ms against ${(1000 * reference.latencySeconds).toFixed(1)} ms`,
      how: 'predicted by the law and the roofline, not trained',
      value: gain,
    });
  const bare = atBaselineLatency(evidence, setting, undefined);
  const [withHead, layersOnly] = [best.loss - reference.loss, bare.best.loss - bare.reference.loss].map(
    (nats) => 100 * (Math.exp(nats) - 1),
  );
  return compared(Math.abs(withHead - percent) < 2, {
    ours: `${signed(withHead)} % with LM head, ${signed(layersOnly)} % layers only (predicted)`,
    how: 'another test set, another latency model, the co-designed architecture unpublished, Qwen outside the fitted range; within 2 points counts as agreement',
    value: withHead,
  });
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

/** Qwen2.5-0.5B and the best architecture of the space that is no slower, both with this vocabulary. */
export function atBaselineLatency(evidence: Evidence, setting: Setting, vocabulary: number | undefined) {
  const dress = (architectures: Architecture[]) => architectures.map((each) => ({ ...each, vocabulary }));
  const evaluate = (architectures: Architecture[]) =>
    evaluateArchitectures(dress(architectures), evidence.law, setting, 'total');
  const [reference] = evaluate([evidence.qwen()]);
  const best = frontierOf(evaluate(evidence.grid()))
    .filter(({ latencySeconds }) => latencySeconds <= reference.latencySeconds)
    .pop()!;
  return { reference, best };
}
