/** Node only: opening and reading what a user names: regular files of limited size, and standard input as `-`. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { refuse } from '../errors';

/** What stands for standard input where a file is asked for. */
export const STANDARD_INPUT = '-';

/** How a file is called in messages. */
export function nameOf(file: string): string {
  return file === STANDARD_INPUT ? 'standard input' : file;
}

/** A file that is open for reading; `size` is unknown for standard input. */
export interface Input {
  descriptor: number;
  size?: number;
}

/** Opens a regular file, called `kind` in messages; folders, devices, pipes and sockets, which may never end, are refused by name. */
export function openInput(file: string, kind = 'file'): Input {
  if (file === STANDARD_INPUT) return { descriptor: 0 };
  const stat = statusOf(file);
  if (stat.isDirectory()) refuse(`${file} is a folder, not a ${kind}`);
  if (!stat.isFile()) refuse(`${file} is not a regular file; what comes from a pipe is read from - instead`);
  return { descriptor: openSync(file, 'r'), size: stat.size };
}

function statusOf(file: string) {
  try {
    return statSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') refuse(`no such file: ${file}`);
    if (code === 'ERR_INVALID_ARG_VALUE') refuse(`${JSON.stringify(file)} is not the name of a file`);
    throw error;
  }
}

/** Bytes that are read at a time. */
const PIECE = 2 ** 20;

/** The content of an open file, piece after piece. Closes it. */
export function* pieces({ descriptor }: Input): Generator<Buffer> {
  try {
    for (;;) {
      const piece = Buffer.allocUnsafe(PIECE);
      const length = readSome(descriptor, piece);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

/** Reads what there is; 0 at the end. Standard input may be a pipe that has nothing to give yet. */
function readSome(descriptor: number, piece: Buffer): number {
  for (;;)
    try {
      return readSync(descriptor, piece);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
}

/** Standard input can be read once; several options may name it. */
let standardInput: Buffer | undefined;

/** The whole content of a text file of at most `most` bytes. What no text holds is refused where it is read: a device may have no end. */
export function readText(file: string, most: number, kind?: string): Buffer {
  if (file === STANDARD_INPUT && standardInput !== undefined) return standardInput;
  const input = openInput(file, kind);
  const tooLarge = () => refuse(`${nameOf(file)} holds more than ${most / 1e6} MB, the most that is read`);
  if ((input.size ?? 0) > most) {
    closeSync(input.descriptor);
    tooLarge();
  }
  const read: Buffer[] = [];
  let length = 0;
  for (const piece of pieces(input)) {
    length += piece.length;
    if (length > most) tooLarge();
    if (piece.includes(0)) refuse(`${nameOf(file)} is no text: it holds a byte 0`);
    read.push(piece);
  }
  const whole = Buffer.concat(read);
  if (file === STANDARD_INPUT) standardInput = whole;
  return whole;
}
