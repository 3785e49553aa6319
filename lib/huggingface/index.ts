/** Hugging Face configs in and out. */
export { fromHuggingFace, type HuggingFaceModel } from './read';
export { type BuildableModel, toHuggingFace } from './write';
