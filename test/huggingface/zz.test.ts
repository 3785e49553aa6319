import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { fromHuggingFace } from '/work/models/lib/huggingface/read';
it('x', () => {
  const dir = '/work/shared/data/configs/';
  const rows = readFileSync(dir + 'cases.tsv', 'utf8').trim().split('\n').slice(1).map((l) => l.split('\t'));
  for (const r of rows) {
    try {
      const m = fromHuggingFace(JSON.parse(readFileSync(dir + r[0], 'utf8')));
      const got = [m.parameters.total, m.parameters.active, m.kvBytesPerToken];
      const want = [r[7] || r[2], r[3], r[4]].map(Number);
      const ok = got.every((g, i) => g === want[i]);
      console.log(ok ? 'ok  ' : 'DIFF', r[0], ok ? '' : got.map((g, i) => g - want[i]).join(' '), m.warnings.join('; '));
    } catch (e) { console.log('ERR ', r[0], (e as Error).message.slice(0, 150)); }
  }
});
