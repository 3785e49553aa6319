/** Messages of the Jupyter protocol on the wire: four JSON parts, signed with the key of the connection file. */
import { createHmac, randomUUID } from 'node:crypto';

export interface Message {
  header: { msg_id: string; msg_type: string };
  /** Header of the request that this message belongs to. */
  parent: { msg_id?: string };
  content: Record<string, unknown>;
}

const DELIMITER = '<IDS|MSG>';

/** A header for a new message of `type`. */
export function newHeader(type: string, session: string) {
  const date = new Date().toISOString();
  return { msg_id: randomUUID(), session, username: 'colaw', date, msg_type: type, version: '5.3' };
}

/** The frames to send for a request. */
export function encode(header: object, content: object, key: string): string[] {
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return [DELIMITER, sign(parts, key), ...parts];
}

/** The message in `frames`, or undefined where the signature does not fit: whoever sent that is not the kernel. */
export function decode(frames: readonly Buffer[], key: string): Message | undefined {
  const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
  const [signature, ...parts] = frames.slice(at + 1).map(String);
  if (at < 0 || parts.length < 4 || signature !== sign(parts.slice(0, 4), key)) return undefined;
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { header, parent, content };
}

/** HMAC-SHA256 of the parts, in hexadecimal. */
function sign(parts: readonly string[], key: string): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}
