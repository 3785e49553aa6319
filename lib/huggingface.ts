/** Hugging Face configs in and out. */
export { fromHuggingFace, type HuggingFaceModel } from './huggingface/read';
export { type BuildableModel, toHuggingFace } from './huggingface/write';
