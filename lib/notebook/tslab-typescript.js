// Required before tslab's converter, by kernels (kernel-preload.js) and by translate.js: puts a TypeScript in its place
// that follows changes in another way.
const filename = require.resolve('@tslab/typescript-for-tslab', {
  paths: [require.resolve('tslab/package.json')],
});
const ts = require(filename);
require.cache[filename].exports = { ...ts, createWatchCompilerHost };

function createWatchCompilerHost(files, options, system, _, ...reporters) {
  // TypeScript has two timers: one to look again for modules that a change of a package may have moved, one to make its
  // program anew. tslab has room for one. When a package is installed or only touched while a notebook is open, the first
  // stays there, and every cell from then on would fail with "Unexpected pending rebuildTimer". So it does not wait.
  const wait = system.setTimeout;
  system.setTimeout = (callback, ...rest) =>
    callback.name === 'invalidateResolutionsOfFailedLookup' ? void callback() : wait(callback, ...rest);
  // Without being imported, a cell has Node's types and not those of every package that lies about.
  const ours = { ...options, types: ['node'] };
  return ts.createWatchCompilerHost(files, ours, system, createBuilder, ...reporters);
}

/**
 * TypeScript's own builder notes for every file which others it needs, twice a cell, which takes a third of the time.
 * tslab asks for that of the cell alone, and to know which sources to run: where there are none beside the cell, the
 * answer is the cell itself.
 */
function createBuilder(names, options, host, old, ...rest) {
  const builder = ts.createAbstractBuilder(names, options, host, old, ...rest);
  const program = builder.getProgram();
  // tslab reads the names that a cell declares.
  for (const name of names) ts.bindSourceFile(program.getSourceFile(name), options);
  const isAlone = program
    .getSourceFiles()
    .every((file) => file.isDeclarationFile || names.includes(file.fileName));
  let whole;
  builder.getAllDependencies = (file) => {
    if (isAlone) return [file.fileName];
    whole ??= ts.createEmitAndSemanticDiagnosticsBuilderProgram(program, host);
    return whole.getAllDependencies(file);
  };
  return builder;
}
