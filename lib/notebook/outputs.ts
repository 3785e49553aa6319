import type { MimeBundle, Output } from '../report/format';
import type { Message } from './message';

/** Displays that later messages may change, by the id that the kernel gave them. */
export type Displays = Map<string, { data: MimeBundle }>;

/**
 * Adds what `message` shows to `outputs`, as Jupyter would: neighbouring pieces of one stream become one, and a
 * display that is updated changes where it stands. Messages that show nothing are ignored.
 */
export function collect(outputs: Output[], displays: Displays, { header, content }: Message): void {
  const { msg_type } = header;
  if (msg_type === 'stream') {
    const { name, text } = content as { name: 'stdout' | 'stderr'; text: string };
    const last = outputs[outputs.length - 1];
    if (last?.output_type === 'stream' && last.name === name) last.text += text;
    else outputs.push({ output_type: 'stream', name, text });
  } else if (msg_type === 'display_data' || msg_type === 'update_display_data') {
    const { data, metadata = {}, transient } = content as unknown as DisplayContent;
    const id = transient?.display_id;
    const shown = id === undefined ? undefined : displays.get(id);
    if (shown !== undefined) shown.data = data;
    if (msg_type === 'update_display_data') return;
    const output: Output = { output_type: 'display_data', data, metadata };
    outputs.push(output);
    if (id !== undefined) displays.set(id, output);
  } else if (msg_type === 'execute_result') {
    const { data, metadata = {}, execution_count } = content as unknown as DisplayContent;
    outputs.push({ output_type: 'execute_result', data, metadata, execution_count: execution_count ?? null });
  } else if (msg_type === 'error') {
    const { ename, evalue, traceback } = content as { ename: string; evalue: string; traceback: string[] };
    outputs.push({ output_type: 'error', ename, evalue, traceback });
  }
}

interface DisplayContent {
  data: MimeBundle;
  metadata?: object;
  transient?: { display_id?: string };
  execution_count?: number;
}
