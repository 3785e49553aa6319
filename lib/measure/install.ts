/** Node only: finds the engine, or installs it into a folder of its own, where no later `npm ci` removes it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { refuse } from '../errors';

/** The version whose inner context is known here (`llama.ts`). */
export const ENGINE_VERSION = '3.21.1';

export const gpus = ['none', 'cuda', 'vulkan', 'metal'] as const;
export type Gpu = (typeof gpus)[number];

/** Packages of prebuilt binaries by platform, processor and graphics interface. */
const BINARIES: Record<string, string> = {
  'linux x64 none': 'linux-x64',
  'linux x64 cuda': 'linux-x64-cuda',
  'linux x64 vulkan': 'linux-x64-vulkan',
  'linux arm64 none': 'linux-arm64',
  'linux arm none': 'linux-armv7l',
  'linux riscv64 none': 'linux-riscv64',
  'darwin arm64 none': 'mac-arm64-metal',
  'darwin arm64 metal': 'mac-arm64-metal',
  'darwin x64 none': 'mac-x64',
  'win32 x64 none': 'win-x64',
  'win32 x64 cuda': 'win-x64-cuda',
  'win32 x64 vulkan': 'win-x64-vulkan',
  'win32 arm64 none': 'win-arm64',
};

/** The package with the engine's binary for this machine. */
export function binaryPackage(gpu: Gpu, platform = process.platform, processor = process.arch): string {
  const name = BINARIES[`${platform} ${processor} ${gpu}`];
  if (name === undefined) {
    const known = gpus.filter((each) => BINARIES[`${platform} ${processor} ${each}`] !== undefined);
    refuse(
      `there is no prebuilt engine for ${platform} ${processor} with --gpu ${gpu}; ${
        known.length > 0 ? `known here: --gpu ${known.join(', ')}` : 'measure a running server with --server'
      }`,
    );
  }
  return `@node-llama-cpp/${name}`;
}

/** Where the engine is installed: COLAW_ENGINE, or a folder in the user's cache that all copies of colaw share. */
export function engineFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.COLAW_ENGINE || join(cache, 'colaw', `engine-${ENGINE_VERSION}`);
}

/** The engine's first file, in its own folder or installed beside colaw; undefined where it is in neither. */
export function findEngine(gpu: Gpu): string | undefined {
  const binary = binaryPackage(gpu);
  return [engineFolder(), ...foldersAbove(__dirname)]
    .map((folder) => join(folder, 'node_modules'))
    .filter((modules) => {
      const file = join(modules, 'node-llama-cpp', 'package.json');
      // npm writes its list last: without it an installation was interrupted.
      return (
        existsSync(join(modules, '.package-lock.json')) &&
        existsSync(join(modules, binary, 'package.json')) &&
        existsSync(file) &&
        JSON.parse(readFileSync(file, 'utf8')).version === ENGINE_VERSION
      );
    })
    .map((modules) => join(modules, 'node-llama-cpp', 'dist', 'index.js'))[0];
}

/** What to say where the engine is missing: the one package that this machine needs. */
export function missingEngine(gpu: Gpu): string {
  return `the engine is not installed: node-llama-cpp ${ENGINE_VERSION} with ${binaryPackage(gpu)} (llama.cpp, about ${
    gpu === 'none' || gpu === 'metal' ? '85 MB' : '300 MB'
  }) into ${engineFolder()}`;
}

/** Installs the engine and the binary of this machine, and nothing else: no other binaries, no scripts. */
export function installEngine(gpu: Gpu): string {
  const folder = engineFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'package.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).dependencies : {};
  const dependencies = {
    ...before,
    'node-llama-cpp': ENGINE_VERSION,
    [binaryPackage(gpu)]: ENGINE_VERSION,
  };
  writeFileSync(file, JSON.stringify({ private: true, dependencies }, null, 2));
  const options = ['--omit=optional', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'];
  const { status, error, stderr } = spawnSync('npm', ['install', ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const why = error?.message ?? stderr?.trim().split('\n')[0];
  if (status !== 0) refuse(`npm could not install the engine into ${folder}: ${why}`);
  return findEngine(gpu) ?? refuse(`npm installed the engine into ${folder}, but not all of it is there`);
}

function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersAbove(above)];
}
