// Required before tslab's converter, by kernels (kernel-preload.js) and by translate.js: puts a TypeScript before it that
// watches in another way.
const filename = require.resolve('@tslab/typescript-for-tslab');
const ts = require(filename);
require.cache[filename].exports = { ...ts, createWatchCompilerHost };

function createWatchCompilerHost(files, options, system, _, ...reporters) {
  // TypeScript has two timers: one to look again for modules that a change of a package may have moved, one to make its
  // program anew. tslab has room for one. When a package is installed or only touched while a notebook is open, the first
  // stays there, and every cell from then on would fail with "Unexpected pending rebuildTimer". So it does not wait.
  const wait = system.setTimeout;
  system.setTimeout = (callback, ...rest) =>
    callback.name === 'invalidateResolutionsOfFailedLookup' ? void callback() : wait(callback, ...rest);
  return ts.createWatchCompilerHost(
    files,
    { ...options, types: ['node'] },
    system,
    createBuilder,
    ...reporters,
  );
}

/**
 * What TypeScript makes of it by itself notes for each file which others it needs, with every cell and twice, which
 * takes a third of the time. tslab asks for that of the cell alone, and it matters only where it has source files
 * beside it.
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
