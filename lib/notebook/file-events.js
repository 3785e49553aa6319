// Required before tslab's converter makes one, by kernels (kernel-preload.js) and by translate.js.
// TypeScript's watcher has two timers: one to look again for modules that a change of a package may have moved, one to
// make its program anew. tslab has room for one. When a package is installed or only touched while a notebook is open,
// the first stays there, and every cell from then on would fail with "Unexpected pending rebuildTimer". So the first
// does not wait here: it looks again at once.
const { sys } = require('@tslab/typescript-for-tslab');

// tslab gives its converters a `setTimeout` each, in an object that inherits from this one.
Object.defineProperty(sys, 'setTimeout', {
  get: () => setTimeout,
  set(wait) {
    const value = (callback, ...rest) =>
      callback.name === 'invalidateResolutionsOfFailedLookup' ? void callback() : wait(callback, ...rest);
    Object.defineProperty(this, 'setTimeout', { value });
  },
});
