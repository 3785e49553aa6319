/** Hugging Face configs in and out. */
export { fromHuggingFace, type HuggingFaceModel, type ReadOptions } from './read';
export { type BuildableModel, toHuggingFace } from './write';
