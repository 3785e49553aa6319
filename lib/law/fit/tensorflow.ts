/** Node only: finds the fastest TensorFlow.js backend that this installation has. */
import type * as Tf from '@tensorflow/tfjs';

export interface TensorFlow {
  tf: typeof Tf;
  /** `tensorflow` (native), `wasm` or `cpu` (plain JavaScript). */
  backend: string;
}

let loaded: Promise<TensorFlow> | undefined;

/** TensorFlow.js on its native backend where that is installed, else WebAssembly, else plain JavaScript. */
export function loadTensorFlow(): Promise<TensorFlow> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<TensorFlow> {
  try {
    const tf: typeof Tf = require('@tensorflow/tfjs-node');
    await tf.ready();
    return { tf, backend: tf.getBackend() };
  } catch {
    // The optional native binding is not installed: an ordinary case, not an error.
  }
  const tf: typeof Tf = require('@tensorflow/tfjs');
  try {
    require('@tensorflow/tfjs-backend-wasm');
    if (await tf.setBackend('wasm')) return { tf, backend: 'wasm' };
  } catch {
    // No WebAssembly on this machine.
  }
  await tf.setBackend('cpu');
  return { tf, backend: tf.getBackend() };
}
