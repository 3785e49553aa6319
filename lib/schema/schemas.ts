import type { GenericSchema } from 'valibot';
import { architectureSchema } from './architecture';
import { calibrationSchema } from './calibration';
import type { SchemaName } from './check';
import { deviceSchema } from './device';
import { lawSchema } from './law';
import { profileSchema } from './profile';
import { spaceForms } from './space';
import { vlaSchema } from './vla';

/** Every kind of file, by the name of its JSON schema in data/schema/. */
export const schemas: Readonly<Record<SchemaName, GenericSchema>> = {
  architecture: architectureSchema,
  calibration: calibrationSchema,
  device: deviceSchema,
  law: lawSchema,
  profile: profileSchema,
  space: spaceForms,
  vla: vlaSchema,
};
