/** Checks of what the paper concludes from its theory (§5.4 to §5.6, Tables 18 and 23). */
import { gqa } from '../architecture';
import { analyticLatency } from '../roofline/analytic';
import { paperSpace } from '../space';
import { normalisedBudgets } from '../theory/design';
import { findOptimum } from '../theory/optimum';
import { printedOptimum } from '../theory/printed';
import type { Regime } from '../theory/regimes';
import { paperWorkload } from '../workload';
import { problem, VARIABLES } from './cases';
import type { Evidence } from './evidence';
import { refuseBounds } from './theory';
import { compared, consistent, corrected, type Finding, isClose } from './verdict';

/** Table 18: does decode want larger FFN ratios and smaller groups than prefill, at budgets that mean the same? */
export function asymmetry(evidence: Evidence): Finding {
  const [prefill, empty, decode] = [
    findOptimum(problem(evidence, 'P1', 1024)),
    findOptimum(problem(evidence, 'D1', 1024, { context: 0 })),
    findOptimum(problem(evidence, 'D1', 1024)),
  ];
  for (const optimum of [prefill, empty, decode]) refuseBounds(optimum);
  const same = VARIABLES.every((name) => isClose(prefill[name], empty[name]));
  return corrected(
    decode.ffnRatio > prefill.ffnRatio && decode.gqa < prefill.gqa,
    same && decode.gqa > prefill.gqa,
    {
      ours: `gqa* ${prefill.gqa.toFixed(2)} in prefill, ${decode.gqa.toFixed(2)} in decode; r* ${prefill.ffnRatio.toFixed(3)} and ${decode.ffnRatio.toFixed(3)}`,
      how: `exact optima at matched budgets (F̄_p = 2M̄_d/b_w), width 1,024; without a KV cache they ${same ? 'are the same' : 'differ'}`,
      value: decode.gqa / prefill.gqa,
    },
  );
}

/** Whether the printed gqa* is one that can be: at least 1. */
export function groupAtLeastOne(
  evidence: Evidence,
  { regime, width }: { regime: Regime; width: number },
): Finding {
  const each = problem(evidence, regime, width);
  const printed = printedOptimum(regime, each).gqa;
  const exact = findOptimum(each).gqa;
  return corrected(printed >= 1, exact >= 1 - 1e-9, {
    ours: `gqa* ${printed.toFixed(3)} by the formula, ${exact.toFixed(3)} with the bound`,
    how: `case ${regime} at width ${width}; gqa = n_h / n_kv cannot be below 1`,
    value: printed,
  });
}

/** The depth uses the active constraint up, and how it goes with width when all else is optimal. */
export function depthExponent(evidence: Evidence, { printed }: { printed: number }): Finding {
  const depth = (width: number) => findOptimum(problem(evidence, 'P1', width)).depth;
  const exponent = Math.log2(depth(2048) / depth(1024));
  return compared(Math.abs(exponent - printed) < 0.05, {
    ours: `l* ∝ d^${exponent.toFixed(2)}`,
    how: 'exact optima of P1 at widths 1,024 and 2,048; r* shrinks with width, so that the depth need not: d^−2 holds at fixed r and gqa alone',
    value: exponent,
  });
}

/** §5.5.2 reads the regime off η: small means memory-limited, large latency-limited. The multipliers decide. */
export function regimeRule(evidence: Evidence): Finding {
  const binds = (eta: number) => {
    const { multipliers } = findOptimum(
      problem(evidence, 'D3', 1024, { latencyBudget: eta * 2e9, memoryBudget: 2e9 }),
    );
    return [multipliers.decode > 0 ? 'latency' : '', multipliers.memory > 0 ? 'memory' : '']
      .filter((name) => name !== '')
      .join(' and ');
  };
  const [small, large] = [binds(0.05), binds(4)];
  return corrected(small === 'memory' && large === 'latency', small === 'latency' && large === 'memory', {
    ours: `η = 0.05: ${small}; η = 4: ${large}`,
    how: 'multipliers of the exact optimum under both budgets at width 1,024',
    value: 0.05,
  });
}

/** M̄_d of the worked example of §5.5.2, for the tokens that it says and for those that its number needs. */
export function workedBudget(
  evidence: Evidence,
  given: { seconds: number; bytesPerSecond: number; outputTokens: number; printed: number },
): Finding {
  const { device, precision } = evidence.setting('fp16');
  const { decode } = normalisedBudgets({
    ...{ law: evidence.law, precision, prefillSeconds: 1, memoryBudget: 4e9 },
    device: { ...device, bandwidthBytesPerSecond: given.bytesPerSecond },
    workload: { ...paperWorkload, outputTokens: given.outputTokens },
    decodeSeconds: given.seconds,
  });
  return consistent(isClose(decode, given.printed), {
    ours: `${decode / 1e9} GB for ${given.outputTokens} token${given.outputTokens === 1 ? '' : 's'}, ${given.printed / 1e9} GB needs ${Math.round((decode * given.outputTokens) / given.printed)}`,
    how: 'M̄_d = T β_H / S_out (E.8)',
    value: decode,
  });
}

/** How far the searched decode frontier lies above the continuous optimum at the same bytes per step. */
export function alignment(evidence: Evidence, { within }: { within: number }): Finding {
  const setting = evidence.setting('fp16');
  const points = evidence.gridFrontier('fp16', 'decode').filter((_, i) => i % 4 === 0);
  const gaps = points
    .map(({ architecture, loss }) => {
      const { decode } = analyticLatency(architecture, setting);
      const bytes = (decode.weightBytes + decode.kvBytes) / setting.workload.outputTokens;
      const { budgets: _, width: __, ...rest } = problem(evidence, 'D1', 1024);
      const widthRange = [paperSpace.widths[0], paperSpace.widths[paperSpace.widths.length - 1]] as const;
      return loss - findOptimum({ ...rest, budgets: { decode: bytes }, widthRange }).loss;
    })
    .sort((a, b) => a - b);
  const middle = gaps[Math.floor(gaps.length / 2)];
  const frontier = evidence.gridFrontier('fp16', 'decode');
  const span = frontier[0].loss - frontier[frontier.length - 1].loss;
  return compared(middle < within, {
    ours: `median ${middle.toFixed(3)} nats, at most ${gaps[gaps.length - 1].toFixed(3)}, on a frontier that spans ${span.toFixed(2)}`,
    how: `every fourth point of the decode frontier of the 8,160 above the continuous D1 optimum at the same bytes per step; ${within} nats counts as close`,
    value: middle,
  });
}

/** What more KV heads do to gqa. */
export function groupsAndHeads({ qwen }: Evidence): Finding {
  const [fewer, more] = [1, 7].map((kvHeads) => gqa({ ...qwen(), kvHeads }));
  return consistent(more > fewer, {
    ours: `14 heads: gqa ${fewer} with 1 KV head, ${more} with 7`,
    how: 'gqa = n_h / n_kv (Table 7), on the heads of Qwen2.5-0.5B',
    value: more / fewer,
  });
}

/** Whether the context moves the optimum of a regime. */
export function contextMatters(evidence: Evidence): Finding {
  const shift = (regime: 'D1' | 'P1') => {
    const [short, long] = [256, 8192].map(
      (context) => findOptimum(problem(evidence, regime, 1024, { context })).gqa,
    );
    return long / short;
  };
  const [decode, prefill] = [shift('D1'), shift('P1')];
  return compared(decode > 1.01 && isClose(prefill, 1), {
    ours: `gqa* × ${decode.toFixed(2)} in decode, × ${prefill.toFixed(2)} in prefill`,
    how: 'exact optima at mean contexts 256 and 8,192, width 1,024',
    value: decode,
  });
}
