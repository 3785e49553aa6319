import { InputError } from '../errors';
import { readAddress, writeAddress } from './address';
import {
  fillChoices,
  followChange,
  lawText,
  moveSliders,
  readControls,
  showComplaints,
  showLaw,
  writeControls,
} from './controls';
import { element, hasWebgl } from './elements';
import { makeEngine, type View } from './engine';
import { readFile } from './files';
import { complaint, defaultTexts, type FieldName, fieldNames, readInputs, type Shipped, type Texts } from './inputs';
import { saveCard, saveFile } from './save';
import { begin, onSurroundings, show, showFrontierTable } from './show';

const shipped = JSON.parse(element('shipped').textContent!) as Shipped;
const compute = makeEngine(shipped);

/** The last texts that made a picture, and that picture. */
let texts = defaultTexts(shipped);
let view: View;

fillChoices(shipped);
const problems = readLink();
await begin(view!, hasWebgl(), (point) => pin(pinText(point)));
