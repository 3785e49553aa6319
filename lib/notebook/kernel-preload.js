// Loaded into the kernel before tslab, by the kernelspec.
// tslab does not wait for its messages to be sent. zeromq makes the 513th in a row wait, and refuses the one after
// it, so a cell that prints more than that would hang. With these limits no message waits, and none is dropped.
const zeromq = require('zeromq');

const { Publisher } = zeromq;
zeromq.Publisher = class extends Publisher {
  constructor(options) {
    super({ sendTimeout: 0, sendHighWaterMark: 0, ...options });
  }
};

// Kernels of one run have their cells translated by a process that they share (translator.ts): loading TypeScript and
// the types that notebooks name costs each kernel seconds. The descriptor of the way to it is in the environment.
const channel = Number(process.env.COLAW_TRANSLATOR);
delete process.env.COLAW_TRANSLATOR;
if (channel > 0) {
  replace('tslab/dist/metadata', (original) => ({
    // TypeScript is needed to read such a remark only where there is one.
    getCodeMetadata: (source) =>
      /@(module|jsx|node|browser)/.test(source) ? original().getCodeMetadata(source) : {},
  }));
  replace('tslab/dist/converter', (original) => ({
    isCompleteCode: (source) => original().isCompleteCode(source),
    createConverter(options) {
      // A converter of the kernel's own, from the first request on that the shared one does not answer.
      let converter;
      const own = () => {
        if (converter === undefined) {
          require('./tslab-typescript');
          converter = original().createConverter(options);
        }
        return converter;
      };
      return {
        convert(declarations, source) {
          const shared = converter === undefined ? translate(declarations, source) : undefined;
          return shared ?? own().convert(declarations, source);
        },
        addModule: (...request) => own().addModule(...request),
        inspect: (...request) => own().inspect(...request),
        complete: (...request) => own().complete(...request),
        close: () => converter?.close(),
      };
    },
  }));
} else {
  require('./tslab-typescript');
}

/** Puts `make(original)` in the place of a module; `original()` loads the module itself. */
function replace(name, make) {
  const filename = require.resolve(name);
  const original = () => {
    delete require.cache[filename];
    return require(filename);
  };
  require.cache[filename] = { id: filename, filename, loaded: true, exports: make(original) };
}

/** What tslab's converter would return; undefined where the shared one does not answer. Waits, as tslab does. */
function translate(declarations, source) {
  const { readSync, writeSync } = require('node:fs');
  try {
    const request = Buffer.from(`${JSON.stringify({ declarations, source })}\n`);
    for (let sent = 0; sent < request.length; ) sent += writeSync(channel, request, sent);
    const pieces = [];
    const buffer = Buffer.alloc(65536);
    for (;;) {
      const length = readSync(channel, buffer);
      if (length === 0) return undefined;
      pieces.push(Buffer.from(buffer.subarray(0, length)));
      if (buffer[length - 1] === 10) return JSON.parse(Buffer.concat(pieces).toString()) ?? undefined;
    }
  } catch {
    return undefined;
  }
}
