/** Node only: the command `colaw`. */
import { run } from './run';

run(process.argv.slice(2)).then((code) => {
  if (code !== undefined) process.exitCode = code;
});
