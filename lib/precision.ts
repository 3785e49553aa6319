/** How the linear layers of a model are stored and computed; `workload` says what each means in bytes and peaks. */
export type Precision = 'fp16' | 'int8' | 'int4' | 'nvfp4';
export const precisionNames: readonly Precision[] = ['fp16', 'int8', 'int4', 'nvfp4'];
