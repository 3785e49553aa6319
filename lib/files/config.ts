/** Node only: models from a config.json of Hugging Face. */
import { fromHuggingFace, type HuggingFaceModel, type ReadOptions } from '../huggingface/read';
import { inFile } from '../schema/check';
import { readConfigFile } from './data';
import { nameOf } from './read';

/** What a config.json says; complaints name the file. */
export function readModelConfig(file: string, options?: ReadOptions): HuggingFaceModel {
  const config = readConfigFile(file);
  return inFile(nameOf(file), undefined, () => fromHuggingFace(config, options));
}
