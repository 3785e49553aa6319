/** The explorer page: what is said in the controls becomes what is shown, and nothing else is remembered. */
import { InputError, refuse } from '../errors';
import { MOST_BYTES } from '../schema/json-text';
import { readAddress, writeAddress } from './address';
import {
  fillChoices,
  followChange,
  isTyped,
  lawText,
  moveSliders,
  readControls,
  showComplaints,
  showLaw,
  showTask,
  stepSlider,
  writeControls,
} from './controls';
import { element, hasWebgl } from './elements';
import { makeEngine, type View, withHead } from './engine';
import { readFile } from './files';
import { plain } from './format';
import {
  type Complaints,
  complaintsOf,
  defaultTexts,
  type FieldName,
  fieldNames,
  readInputs,
  type Texts,
} from './inputs';
import type { Shipped } from './readers';
import { saveCard, saveFile } from './save';
import { settle } from './settle';
import { onPictureClick, onSurroundings, show, showFrontierTable } from './show';

const shipped = JSON.parse(element('shipped').textContent!) as Shipped;
const engine = makeEngine(shipped);
const compute = (said: Texts) => engine(readInputs(said, shipped));
const isWebgl = hasWebgl();

let texts = defaultTexts(shipped);
let view: View = compute(texts);

/** Reads the controls after a change of `changed` and shows what they say, or what is wrong with it. */
async function update(changed: readonly FieldName[] = []): Promise<Complaints> {
  const start = performance.now();
  element('status').dataset.state = 'drawing';
  const settled = settle(readControls(), { texts, view }, changed, shipped, compute);
  const { complaints } = settled;
  ({ texts, view } = settled);
  const computed = performance.now();
  tell(complaints);
  if (complaints.law === undefined) showLaw(view.inputs.law);
  showTask(view.inputs, shipped);
  const capacity = view.inputs.setting.device.memoryCapacityBytes;
  element('gibibytes').textContent = `= ${plain(capacity / 2 ** 30)} GiB`;
  moveSliders({ memoryBudget: capacity / 1e9 });
  await show(view, isWebgl);
  const end = performance.mark('drawn').startTime;
  element('status').textContent =
    `${plain(view.count, 9)} architecture${view.count === 1 ? '' : 's'}, computed in ${Math.round(computed - start)} ms and drawn in ` +
    `${Math.round(end - computed)} ms${isWebgl ? '' : ' without WebGL'}.` +
    (view.unknown === 0 ? '' : ` The law has no value for ${view.unknown} of the reference models.`);
  Object.assign(element('status').dataset, {
    architectures: view.count,
    milliseconds: end - start,
    state: 'drawn',
  });
  keepAddress();
  return complaints;
}

/** Shows what is wrong: beside each control, and once above the picture. */
function tell(complaints: Complaints): void {
  showComplaints(complaints);
  const messages = [...new Set(Object.values(complaints))];
  trouble(messages.length === 0 ? '' : `Not applied: ${messages.join('; ')}`);
}

function trouble(message: string): void {
  element('trouble').textContent = message;
  element('trouble').hidden = message === '';
}

function notice(message: string): void {
  element('notice').textContent = message;
}

let isWaiting = false;
/** Updates before the next frame, however many changes come until then. */
function schedule(changed: FieldName): void {
  notice('');
  element('file-error').textContent = '';
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    update([changed]);
  });
}

let addressTimer: ReturnType<typeof setTimeout> | undefined;
/** Writes the address when the controls rest: browsers allow few changes a second. */
function keepAddress(): void {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => history.replaceState(null, '', link()), 150);
}

function link(): string {
  return `#${writeAddress(texts, shipped)}`;
}

/** Sets controls that belong together, all of them or none, and updates. */
async function set(changes: Partial<Texts>): Promise<void> {
  const names = Object.keys(changes) as FieldName[];
  await setEach(changes, names);
  if (names.some((name) => texts[name] !== changes[name]))
    writeControls({ ...readControls(), ...Object.fromEntries(names.map((name) => [name, texts[name]])) });
}

/** Sets controls, each where it can be, those of `together` first and as one, and updates. */
async function setEach(changes: Partial<Texts>, together: readonly FieldName[] = []): Promise<void> {
  const wanted = { ...readControls(), ...changes };
  const wrong = complaintsOf(wanted, shipped);
  writeControls(withoutUntypable(wanted, wrong));
  const complaints = await update(together);
  writeControls(withoutUntypable(readControls(), complaints));
  tell({ ...complaints, ...wrong });
}

/** `said` with the last good text where something is wrong in a control in which nobody could correct it. */
function withoutUntypable(said: Texts, complaints: Complaints): Texts {
  const names = fieldNames.filter((name) => complaints[name] !== undefined && !isTyped(name));
  return { ...said, ...Object.fromEntries(names.map((name) => [name, texts[name]])) };
}

/** Pins what `text` says: in the first free place, else in the second. */
function pin(text: string): void {
  if (text === texts.pinA || text === texts.pinB) return;
  set(texts.pinA === '' ? { pinA: text } : { pinB: text });
}

/** An architecture of the space by its index, or a model by its id, as a control says it. */
function pinText(point: number | string): string {
  return typeof point === 'string' ? point : JSON.stringify(withHead(view.architectures[point], undefined));
}

async function openFile(file: File): Promise<void> {
  const name = 'file-error';
  notice('');
  try {
    if (file.size > MOST_BYTES) refuse(`${file.name} holds more than ${MOST_BYTES / 1e6} MB`);
    const meaning = readFile(file.name, await file.text(), texts.device);
    element(name).textContent = '';
    if ('pin' in meaning) pin(meaning.pin);
    else await set(meaning.texts);
    notice([`read ${file.name}`, ...meaning.warnings].join('; '));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const message = error.message.startsWith(file.name) ? error.message : `${file.name}: ${error.message}`;
    element(name).textContent = message;
    trouble(`Not applied: ${message}`);
  }
}

async function openAddress(): Promise<void> {
  const { texts: said, unknown } = readAddress(location.hash, shipped);
  await setEach(said);
  if (unknown.length > 0) notice(`The address names ${unknown.join(', ')}, which is no control here.`);
}

const actions: Record<string, () => unknown> = {
  reset: () => set(defaultTexts(shipped)),
  publishedLaw: () => {
    notice('');
    element('file-error').textContent = '';
    return set({ law: '' });
  },
  robot: () => set({ vla: 'smolvla', cameras: '2', latencyBudget: '100' }),
  pinReference: () => pin(element<HTMLSelectElement>('reference').value),
  pinOwn: () => {
    const text = element<HTMLInputElement>('own').value.trim();
    element('own-error').textContent = text === '' ? 'Write an architecture here first, as JSON.' : '';
    if (text !== '') pin(text);
  },
  link: async () => {
    history.replaceState(null, '', link());
    // A page that is served without encryption has no clipboard.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    await (clipboard?.writeText(location.href) ?? Promise.reject()).then(
      () => notice('The link is copied.'),
      () => notice('The browser keeps the clipboard to itself: copy the address from its bar.'),
    );
  },
};

document.addEventListener('click', ({ target }) => {
  const { dataset } = (target as Element).closest('button') ?? {};
  if (dataset === undefined) return;
  const { action, pin: index, unpin, budget, objective, save, card } = dataset;
  if (action !== undefined) (actions[action] ?? (() => saveFile(action, view)))();
  else if (index !== undefined) pin(pinText(Number(index)));
  else if (unpin !== undefined) set(unpin === 'pinA' ? { pinA: texts.pinB, pinB: '' } : { pinB: '' });
  else if (budget !== undefined) set({ objective, latencyBudget: budget });
  else if (save !== undefined)
    document.querySelectorAll('#cards .said')[Number(card)].textContent = saveCard(save, Number(card), view);
});

element('controls').addEventListener('input', ({ target }) => {
  const changed = target as HTMLInputElement;
  if (changed.dataset.coefficient !== undefined)
    writeControls({ ...readControls(), law: lawText(view.inputs.law, shipped.law) });
  followChange(changed, shipped);
  const name = changed.dataset.for ?? (changed.dataset.coefficient === undefined ? changed.id : 'law');
  if ((fieldNames as readonly string[]).includes(name)) schedule(name as FieldName);
});
element('controls').addEventListener('keydown', (event) => {
  const slider = event.target as HTMLInputElement;
  if (slider.type !== 'range' || !stepSlider(slider, event.key)) return;
  event.preventDefault();
  schedule(slider.dataset.for as FieldName);
});
element('controls').addEventListener('submit', (event) => event.preventDefault());
element<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
  const input = target as HTMLInputElement;
  const [file] = input.files ?? [];
  // Emptied, so that the same file can be chosen again once it is corrected.
  if (file) openFile(file).finally(() => (input.value = ''));
});
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) openFile(file);
});
addEventListener('hashchange', openAddress);
element('frontier-details').addEventListener('toggle', () => showFrontierTable(view));

fillChoices(shipped);
openAddress().then(() => onPictureClick((point) => pin(pinText(point))));
onSurroundings(() => show(view, isWebgl));
