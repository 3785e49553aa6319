import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { fromHuggingFace } from '../../lib/huggingface/read';
it('x', () => {
  const by: Record<string, string[]> = {};
  for (const l of readFileSync(process.env.FUZZ!, 'utf8').trim().split('\n')) {
    const { config, builtTotal } = JSON.parse(l);
    if (builtTotal === undefined) continue;
    const b = (by[config.model_type] ??= []);
    try {
      const t = fromHuggingFace(config).parameters.total;
      b.push(t === builtTotal ? 'ok' : `DIFF ${t - builtTotal} ${JSON.stringify(config)}`);
    } catch (e) { b.push(`ERR ${(e as Error).message.slice(0, 160)} ${JSON.stringify(config)}`); }
  }
  for (const [k, v] of Object.entries(by)) { const bad = v.filter((x) => x !== 'ok'); console.log(k, v.length - bad.length, 'of', v.length, bad.slice(0, 3).join('\n   ')); }
});
