/** Right documents of every kind, what their fields are, and the command lines that read them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { dataFile, device, model } from '../../lib/files/data';
import { toHuggingFace } from '../../lib/huggingface';
import { vla } from '../../lib/vla/files';
import type { Fields } from './hostile';

/** Where the documents lie while a file of tests runs. */
const folder = mkdtempSync(join(tmpdir(), 'colaw-hostile-'));
export const at = (name: string) => join(folder, name);

/** Makes the folder, with what the command lines name in it, and removes it in the end. */
export function makeFolder(): void {
  mkdirSync(folder, { recursive: true });
  const header = 'id,model,device,precision,batch,inputTokens,outputTokens,decodeSecondsPerToken';
  writeFileSync(at('one.csv'), `${header}\na,qwen3-0.6b,jetson-agx-orin-64gb,fp16,1,512,64,0.0098\n`);
  writeFileSync(
    at('few.csv'),
    'depth,width,heads,headDim,kvHeads,ffnRatio,experts,activeExperts\n4,768,6,128,2,1,1,1\n8,1024,8,128,2,2,8,1\n',
  );
  writeFileSync(at('config.json'), JSON.stringify(toHuggingFace(model('qwen3-0.6b').architecture).config));
  afterAll(() => rmSync(folder, { recursive: true }));
}

export const architecture = { ...model('qwen2.5-0.5b').architecture, ffnMatrices: 3 };
export const small = ['--model', 'qwen2.5-0.5b'];
export const design = ['design', '--prefill-seconds', '0.1', '--decode-seconds', '0.2'];
export const optimum = ['optimum', '--case', 'D1', '--latency-budget', '1e9', '--width', '1024'];

const profile = {
  bandwidthShare: 0.7,
  precisionBandwidthShare: { fp16: 0.6 },
  linearShare: { fp16: 0.5, int4: 0.5 },
  expertShare: { fp16: 0.4 },
  attentionShare: 0.6,
  decodeAttentionShare: 0.3,
  stepOverheadSeconds: 0.001,
  operatorOverheadSeconds: 1e-6,
};
const profileFields: Fields = {
  bandwidthShare: 'share',
  linearShare: 'object',
  'linearShare.int4': 'share',
  'precisionBandwidthShare.fp16': 'share',
  expertShare: 'object',
  decodeAttentionShare: 'share',
  attentionShare: 'share',
  stepOverheadSeconds: 'seconds',
  operatorOverheadSeconds: 'seconds',
};
const optionalInProfile = [
  ...['linearShare.int4', 'precisionBandwidthShare.fp16', 'expertShare', 'decodeAttentionShare'],
];
const within = (place: string): Fields =>
  Object.fromEntries(Object.entries(profileFields).map(([name, kind]) => [`${place}.${name}`, kind]));

/** A kind of document. */
export interface Document {
  right: object;
  fields: Fields;
  /** Places of fields that may be missing. */
  optional: readonly string[];
  /** The command lines that read it from a file. */
  commands: (file: string) => string[][];
}

export const onFew = ['frontier', '--candidates', at('few.csv')];

export const documents: Record<string, Document> = {
  device: {
    right: { ...device('jetson-orin-nano-8gb'), derived: ['x'], notes: 'x' },
    fields: {
      id: 'text',
      name: 'text',
      bandwidthBytesPerSecond: 'positive',
      memoryCapacityBytes: 'positiveOrNull',
      peakFlopsPerSecond: 'object',
      'peakFlopsPerSecond.fp16': 'positiveOrNull',
      'peakFlopsPerSecond.int8': 'positiveOrNull',
      vectorFlopsPerSecond: 'positiveOrNull',
      derived: 'texts',
      notes: 'text',
      sources: 'texts',
    },
    optional: ['name', 'peakFlopsPerSecond.int8', 'derived', 'notes', 'sources'],
    commands: (file) => [
      ['latency', ...small, '--device', file],
      [...onFew, '--device', file],
      [...design, '--device', file],
    ],
  },
  law: {
    right: { ...JSON.parse(readFileSync(dataFile('law.json'), 'utf8')), standardErrors: { kl: 1 } },
    fields: {
      name: 'text',
      formula: 'text',
      variables: 'names',
      parameters: 'object',
      'parameters.kl': 'finite',
      terms: 'names',
      symbols: 'object',
      'symbols.depth': 'text',
      source: 'text',
      ranges: 'object',
      'ranges.depth': 'range',
      standardErrors: 'object',
      'standardErrors.kl': 'finiteOrNull',
    },
    optional: [
      ...['name', 'variables', 'terms', 'symbols', 'symbols.depth', 'source'],
      ...['ranges', 'ranges.depth', 'standardErrors', 'standardErrors.kl'],
    ],
    commands: (file) => [
      ['loss', ...small, '--law', file],
      ['model', at('config.json'), '--law', file],
      [...onFew, '--law', file],
      [...design, '--law', file],
      [...optimum, '--law', file],
      ['audit', '--law', file],
      ['explore', '--law', file, '--out', at('page.html')],
    ],
  },
  profile: {
    right: profile,
    fields: profileFields,
    optional: optionalInProfile,
    commands: (file) => [
      ['latency', ...small, '--profile', file],
      [...onFew, '--profile', file],
      ['validate', '--measured', at('one.csv'), '--profile', file],
    ],
  },
  calibration: {
    right: {
      source: 'x',
      profiles: [
        { id: 'pooled', rows: 1, models: 1, profile },
        { id: 'vllm', engine: 'vLLM', profile },
      ],
      heldOut: [{ model: 'gpt2', id: 'pooled', profile }],
    },
    fields: {
      source: 'text',
      profiles: 'texts',
      'profiles.1': 'object',
      'profiles.0.id': 'text',
      'profiles.0.rows': 'count',
      'profiles.1.engine': 'text',
      heldOut: 'texts',
      'heldOut.0.model': 'text',
      ...within('profiles.1.profile'),
      ...within('heldOut.0.profile'),
    },
    optional: [
      ...['source', 'profiles.0.rows', 'profiles.1.engine'],
      ...['profiles.1', 'heldOut.0'].flatMap((place) =>
        optionalInProfile.map((name) => `${place}.profile.${name}`),
      ),
    ],
    commands: (file) => [['validate', '--measured', at('one.csv'), '--profile', file]],
  },
};

documents.space = {
  right: {
    depths: [4, 8],
    widths: { from: 512, to: 1024, step: 128 },
    ffnRatios: [1, 2],
    mixtures: [
      [1, 1],
      [8, 1],
    ],
    kvHeads: [1, 'all'],
    headDim: 128,
    vocabulary: 1000,
    rules: { maxGqa: 8, widthPerLayer: [10, 1000], maxStoredBytes: 1e12, precision: 'int8' },
  },
  fields: {
    depths: 'numbers',
    'depths.0': 'count',
    'widths.to': 'positive',
    'widths.step': 'positive',
    ffnRatios: 'numbers',
    'ffnRatios.1': 'positive',
    'mixtures.1.0': 'count',
    kvHeads: 'numbers',
    'kvHeads.0': 'count',
    headDim: 'countOrList',
    vocabulary: 'count',
    rules: 'object',
    'rules.maxGqa': 'positive',
    'rules.widthPerLayer': 'range',
    'rules.precision': 'text',
  },
  optional: ['vocabulary', 'rules', 'rules.maxGqa', 'rules.widthPerLayer', 'rules.precision'],
  commands: (file) => [
    ['frontier', '--threads', '1', '--space', file],
    ['enumerate', '--space', file],
  ],
};

documents.vla = {
  right: vla('gr00t-n1.5-3b'),
  fields: {
    id: 'text',
    name: 'text',
    publishedParameters: 'positiveOrNull',
    cameras: 'count',
    encoders: 'texts',
    'encoders.0': 'object',
    'encoders.0.name': 'text',
    'encoders.0.gated': 'flag',
    'encoders.0.depth': 'count',
    projector: 'texts',
    'projector.0': 'texts',
    'projector.0.1': 'count',
    backbone: 'object',
    'backbone.kvHeads': 'count',
    adapter: 'object',
    action: 'object',
    'action.kind': 'text',
    'action.steps': 'count',
    'action.pattern': 'numbers',
    'action.expert': 'object',
    'action.followsBackbone': 'flag',
    'action.modulation': 'texts',
    stored: 'object',
    'stored.what': 'text',
    notes: 'text',
    sources: 'texts',
  },
  optional: [
    ...['name', 'publishedParameters', 'adapter', 'action.modulation', 'stored', 'notes', 'sources'],
    'encoders.0.name',
  ],
  commands: (file) => [
    ['vla', '--model', file],
    ['frontier', '--vla', file, '--hz', '5', '--candidates', at('few.csv')],
  ],
};

const counts = ['depth', 'width', 'heads', 'headDim', 'kvHeads', 'experts', 'activeExperts'];

/** Given in the command line itself. */
export const architectureDocument: Document = {
  right: architecture,
  fields: {
    ...(Object.fromEntries(counts.map((name) => [name, 'count'])) as Fields),
    ffnRatio: 'positive',
    vocabulary: 'count',
    tiedEmbeddings: 'flag',
    qkvBias: 'flag',
    ffnMatrices: 'twoOrThree',
  },
  optional: ['vocabulary', 'tiedEmbeddings', 'qkvBias', 'ffnMatrices'],
  commands: (text) => [
    ['latency', '--architecture', text],
    ['loss', '--architecture', text],
    ['export', '--as', 'hf', '--out', at('exported'), '--architecture', text],
  ],
};
