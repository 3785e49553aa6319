/** Numbers with their units, for people, and words for what is asked. */
import type { Inputs, Robot } from './inputs';

/** What the latency that counts is called. */
export function latencyName({ robot, objective }: Inputs): string {
  return robot === undefined ? `${objective} latency` : 'time per chunk of actions';
}

/** A latency as part of a sentence; that of a robot with its rate. */
export function latencyWords(seconds: number, { robot, objective }: Inputs): string {
  if (robot === undefined) return `${milliseconds(seconds)} ${objective}`;
  return `${milliseconds(seconds)} per chunk (${plain(1 / seconds, 3)} Hz)`;
}

/** The images that a robot looks at. */
export function camerasOf({ vla, setting }: Robot): string {
  const { cameras = vla.cameras } = setting;
  return `${cameras} camera${cameras === 1 ? '' : 's'}`;
}

export function milliseconds(seconds: number): string {
  return `${plain(1000 * seconds)} ms`;
}

export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${plain(bytes / 1e6, 3)} MB` : `${plain(bytes / 1e9, 4)} GB`;
}

/** A loss in nats per token. */
export function nats(loss: number): string {
  return Math.abs(loss) < 1e6 ? loss.toFixed(4) : loss.toExponential(3);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

/** A number to some significant digits, in groups of three digits; with an exponent where they are too many. */
export function plain(value: number, digits = 4): string {
  if (value !== 0 && (Math.abs(value) >= 1e12 || Math.abs(value) < 1e-6))
    return value.toExponential(digits - 1);
  return value.toLocaleString('en-US', { maximumSignificantDigits: digits });
}
