import { paperApplications } from '../figures/applications';
import { latencyObjectives } from '../frontier/evaluate';
import type { Law } from '../law/law';
import { escapeHtml } from '../report/html';
import { attentionForms } from '../roofline/costs';
import { precisionNames } from '../workload';
import { element } from './elements';
import { camerasOf, plain } from './format';
import { boardFields, boardTexts, type FieldName, fieldNames, type Inputs, type Texts } from './inputs';
import type { Shipped } from './readers';

type Control = HTMLInputElement | HTMLSelectElement;

const control = (name: FieldName) => element<Control>(name);
const coefficients = () => document.querySelectorAll<HTMLInputElement>('[data-coefficient]');

/** Fills the lists of choices. */
export function fillChoices({ devices, models, vlas }: Shipped): void {
  const options = (pairs: readonly (readonly [string, string])[]) =>
    pairs
      .map(([value, text]) => `<option value="${escapeHtml(value)}">${escapeHtml(text)}</option>`)
      .join('');
  const same = (names: readonly string[]) => options(names.map((name) => [name, name]));
  element('device').innerHTML = options([
    ...devices.map(({ id, name }) => [id, name] as const),
    ['custom', 'custom: the numbers below'],
  ]);
  element('precision').innerHTML = same(precisionNames);
  element('profile').innerHTML = options([
    ['ideal', 'best case: the published figures'],
    ['fitted', 'fitted to measurements'],
  ]);
  element('vla').innerHTML = options([
    ['', 'text: a prompt and an answer'],
    ...vlas.map(({ id, name }) => [id, `robot: backbone of ${name}`] as const),
  ]);
  element('objective').innerHTML = options(
    latencyObjectives.map((name) => [
      name,
      {
        prefill: 'prefill: until the first token',
        decode: 'decode: all tokens of the answer',
        total: 'total: prefill and decode',
      }[name],
    ]),
  );
  element('attention').innerHTML = options(
    attentionForms.map((name) => [
      name,
      { fused: 'fused: scores stay on the chip', materialized: 'materialized: scores go through memory' }[
        name
      ],
    ]),
  );
  element('reference').innerHTML = options(models.map(({ id, name }) => [id, name]));
  element('applications').innerHTML = paperApplications
    .map(({ name, objective, seconds }) => {
      const budget = 1000 * seconds;
      return `<button type="button" data-objective="${objective}" data-budget="${budget}">${name}: ${objective} ${budget} ms</button>`;
    })
    .join('');
  element('rates').innerHTML = RATES.map(
    (hertz) =>
      `<button type="button" data-objective="total" data-budget="${1000 / hertz}">${hertz} Hz</button>`,
  ).join('');
}

/** Chunks per second that a button asks for. */
const RATES = [1, 2, 5, 10, 20, 50];

/** Shows the controls of a text task or of a robot, and what is to be known of the times. */
export function showTask(
  { robot, latencyBudgetSeconds, setting, profileKind }: Inputs,
  shipped: Shipped,
): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-task]'))
    each.hidden = (each.dataset.task === 'robot') !== (robot !== undefined);
  if (robot !== undefined) {
    control('cameras').setAttribute('placeholder', `the model’s own: ${robot.vla.cameras}`);
    const hertz = 1 / latencyBudgetSeconds;
    element('rate').textContent = hertz > 0 ? `= ${plain(hertz, 3)} Hz with ${camerasOf(robot)}` : '';
  }
  const measured = shipped.profiles.find(({ id }) => id === setting.device.id);
  const pooled = shipped.profiles.find(({ id }) => id === 'pooled')!;
  element('profile-note').textContent = {
    ideal: 'Published peaks and bandwidth, nothing lost: no engine reaches them.',
    fitted: measured
      ? `From ${measured.rows} published measurements of this board, by \`colaw calibrate\`.`
      : `No measurement of this board is known here: the profile is that of all measured boards, ${pooled.rows} rows.`,
    own: 'A profile of your own, from a file.',
  }[profileKind];
}

/** What the controls say. */
export function readControls(): Texts {
  return Object.fromEntries(
    fieldNames.map((name) => {
      const each = control(name);
      const isOff = each instanceof HTMLInputElement && each.type === 'checkbox' && !each.checked;
      return [name, isOff ? '' : each.value];
    }),
  ) as Texts;
}

/** Whether a control takes any text, so that a wrong one can stand in it until it is corrected. */
export function isTyped(name: FieldName): boolean {
  const each = control(name);
  return each instanceof HTMLInputElement && !['checkbox', 'hidden'].includes(each.type);
}

/** Makes the controls say `texts`. */
export function writeControls(texts: Texts): void {
  for (const name of fieldNames) {
    const each = control(name);
    // Choices of one's own, such as a profile from a file, join the list.
    if (each instanceof HTMLSelectElement && ![...each.options].some(({ value }) => value === texts[name]))
      each.add(new Option('your own', texts[name]));
    if (each instanceof HTMLInputElement && each.type === 'checkbox') each.checked = texts[name] === 'on';
    else each.value = texts[name];
  }
}

/**
 * Keeps controls that speak of one thing in step after a change of `changed`: the numbers of a board and its
 * name, a slider and its number.
 */
export function followChange(changed: HTMLElement, { devices }: Shipped): void {
  const { id } = changed;
  if ((boardFields as readonly string[]).includes(id)) {
    control('device').value = 'custom';
    control('boardName').value = '';
  }
  const device = devices.find((each) => each.id === control('device').value);
  if (id === 'device' && device !== undefined) writeBoard(boardTexts(device));
  const slides = changed.dataset.for;
  if (slides !== undefined) {
    const value = 10 ** Number((changed as HTMLInputElement).value);
    const text = isCount(slides) ? Math.round(value) : Number(value.toPrecision(3));
    control(slides as FieldName).value = String(text);
  }
}

const isCount = (field: string) => control(field as FieldName).inputMode === 'numeric';

/**
 * Moves the slider of a whole number by an arrow key: by one, or by what the slider's own step would be where
 * that is more. Returns whether the key was one for this.
 */
export function stepSlider(slider: HTMLInputElement, key: string): boolean {
  const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[key];
  const field = slider.dataset.for;
  if (direction === undefined || field === undefined || !isCount(field)) return false;
  const now = Math.round(10 ** Number(slider.value));
  const next = now + direction * Math.max(1, Math.round(0.023 * now));
  const [least, most] = [slider.min, slider.max].map((end) => Math.round(10 ** Number(end)));
  slider.value = String(Math.log10(Math.min(most, Math.max(least, next))));
  control(field as FieldName).value = String(Math.min(most, Math.max(least, next)));
  return true;
}

function writeBoard(texts: ReturnType<typeof boardTexts>): void {
  for (const name of ['boardName', ...boardFields] as const) control(name).value = texts[name];
}

/** Moves every slider to the number beside it; `fallback` is what an empty field stands for. */
export function moveSliders(fallback: Partial<Record<FieldName, number>>): void {
  const memory = document.querySelector<HTMLInputElement>('[data-for=memoryBudget]')!;
  memory.max = String(Math.log10(fallback.memoryBudget ?? 1000));
  for (const slider of document.querySelectorAll<HTMLInputElement>('input[type=range]')) {
    const name = slider.dataset.for as FieldName;
    const field = control(name);
    const value = field.value.trim() === '' ? (fallback[name] ?? Number.NaN) : Number(field.value);
    if (slider !== document.activeElement && value >= 0)
      slider.value = value > 0 ? String(Math.log10(value)) : slider.min;
    slider.setAttribute(
      'aria-valuetext',
      field.value.trim() === '' ? (field.getAttribute('placeholder') ?? '') : field.value,
    );
  }
}

/** Shows the messages beside their controls, and takes away all others. */
export function showComplaints(complaints: Partial<Record<FieldName, string>>): void {
  for (const name of fieldNames) {
    const each = control(name);
    const message = complaints[name];
    const id = `${name}-error`;
    let place = document.getElementById(id);
    if (message === undefined) {
      place?.remove();
      each.removeAttribute('aria-invalid');
      each.removeAttribute('aria-describedby');
      continue;
    }
    if (place === null) {
      place = document.createElement('p');
      place.id = id;
      place.className = 'error';
      each.closest('.control')!.append(place);
    }
    place.textContent = message;
    each.setAttribute('aria-invalid', 'true');
    each.setAttribute('aria-describedby', id);
    const details = each.closest('details');
    if (details) details.open = true;
  }
}

/** Shows the law: its name, its formula, a field for each coefficient. */
export function showLaw(law: Law): void {
  element('law-name').textContent = law.name ?? 'without a name';
  element('law-formula').textContent = law.formula;
  const names = Object.keys(law.parameters);
  if ([...coefficients()].map((field) => field.dataset.coefficient).join() !== names.join())
    element('coefficients').innerHTML = names
      .map((name) => {
        const [id, text] = [`coefficient-${name}`, escapeHtml(name)];
        return `<div><label for="${id}">${text}</label><input id="${id}" data-coefficient="${text}" inputmode="decimal"></div>`;
      })
      .join('');
  for (const field of coefficients())
    if (field !== document.activeElement) field.value = String(law.parameters[field.dataset.coefficient!]);
}

/** The law as text with the coefficients that the fields say; empty for the published one. */
export function lawText(law: Law, published: Law): string {
  const parameters = Object.fromEntries(
    [...coefficients()].map(({ value, dataset }) => {
      const isNumber = value.trim() !== '' && Number.isFinite(Number(value));
      return [dataset.coefficient!, isNumber ? Number(value) : value];
    }),
  );
  const isPublished =
    law.formula === published.formula &&
    JSON.stringify(parameters) === JSON.stringify({ ...parameters, ...published.parameters });
  if (isPublished) return '';
  const { formula, variables, terms, ranges } = law;
  return JSON.stringify({ name: 'changed', formula, variables, parameters, terms, ranges });
}
