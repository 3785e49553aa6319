// The process of translator.ts: translates cells for kernels, with tslab's converter, in the notebooks' folder.
const { setFlagsFromString } = require('node:v8');

// TypeScript is large, and runs for seconds here: optimised as eagerly as usual, a fifth of the work is optimising.
setFlagsFromString('--interrupt-budget=500000');
require('./tslab-typescript');
const { createConverter } = require('tslab/dist/converter');

const makeConverter = () => createConverter({ isJS: false, isBrowser: false });
let converter = makeConverter();

process.on('message', ({ id, declarations, source }) => {
  process.send({ id, translation: translate(declarations, source) });
});
process.on('disconnect', () => process.exit());

/** null where the kernel is to do it itself. */
function translate(declarations, source) {
  try {
    const translation = converter.convert(declarations, source);
    if (translation.sideOutputs === undefined) return translation;
  } catch {
    // In the kernel it fails as it does without this process.
  }
  // A converter gives the program of an imported file once. The next kernel that imports it must have it, too.
  converter.close();
  converter = makeConverter();
  return null;
}
