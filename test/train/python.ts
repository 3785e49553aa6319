import { findPython } from '../../lib/train/trainer';

/** An interpreter with PyTorch, or undefined: then what needs one skips. */
export const python = (() => {
  try {
    return findPython();
  } catch {
    return undefined;
  }
})();
