import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { outFolder, projectFolder } from '../files/data';
import { writeKernelspec } from './kernelspec';

const FRONT_ENDS = [
  ['jupyter-lab', []],
  ['jupyter-notebook', []],
  ['jupyter-nbclassic', []],
] as const;

/**
 * Opens `notebooks/` in whichever Jupyter is installed, with the TypeScript kernel registered for this process
 * only. Returns the exit code; without a Jupyter, says how to get one and returns 1.
 */
export async function lab(): Promise<number> {
  const folder = join(outFolder, 'jupyter');
  writeKernelspec(folder);
  const found = FRONT_ENDS.find(([command]) => spawnSync(command, ['--version']).status === 0);
  if (found === undefined) {
    console.error(
      [
        'No Jupyter is installed. Any of these will do, and then `npm run lab` again:',
        '  Debian, Ubuntu:  sudo apt install jupyter-notebook',
        '  Python:          pip install jupyterlab',
        '  VS Code:         install its Jupyter extension, then start it with',
        `                   JUPYTER_PATH=${folder} code notebooks/`,
        'Without Jupyter, `npm start` runs the notebooks and writes out/workbook.html.',
      ].join('\n'),
    );
    return 1;
  }
  const JUPYTER_PATH = [folder, process.env.JUPYTER_PATH].filter(Boolean).join(delimiter);
  const child = spawn(found[0], [...found[1]], {
    cwd: join(projectFolder, 'notebooks'),
    env: { ...process.env, JUPYTER_PATH },
    stdio: 'inherit',
  });
  // Jupyter answers Ctrl-C itself, by asking; this process waits for it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
