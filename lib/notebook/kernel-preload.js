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
