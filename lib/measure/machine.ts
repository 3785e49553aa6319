/** Node only: what can be said of this machine without measuring. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';

/** This machine as a device file names it. */
export interface Machine {
  id: string;
  name: string;
  memoryBytes: number;
}

/** Name and memory: a board's own name where it has one, or the processor and its cores. */
export function thisMachine(): Machine {
  const board = read('/proc/device-tree/model')?.replaceAll('\0', '').trim();
  const processor = cpus()[0]
    ?.model.replaceAll(/\((R|TM)\)|CPU|Processor|@.*$/g, '')
    .replaceAll(/\s+/g, ' ');
  const name = board || `${processor?.trim() || process.arch}, ${availableParallelism()} cores`;
  const id = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return { id, name, memoryBytes: totalmem() };
}

/** Bytes that a new process can have without anything being swapped out. */
export function availableMemory(): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  return kibibytes === undefined ? freemem() : 1024 * Number(kibibytes);
}

/** Free bytes of the disk that `folder` is on. */
export function freeDisk(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Power mode of a Jetson and the governor of the clocks, where they can be read; else empty. */
export function powerMode(): string {
  const governor = read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim();
  const { status, stdout } = spawnSync('nvpmodel', ['-q'], { encoding: 'utf8' });
  const mode = status === 0 ? /NV Power Mode: *(\S+)/.exec(stdout)?.[1] : undefined;
  return [mode && `nvpmodel ${mode}`, governor && `governor ${governor}`].filter(Boolean).join('; ');
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
