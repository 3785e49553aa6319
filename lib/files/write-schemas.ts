/** Node only, for those who develop colaw: writes data/schema/, the schemas as editors read them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { type SchemaName, schemaFile } from '../schema/check';
import { schemas } from '../schema/schemas';
import { projectFolder } from './data';

/** The JSON schema of a kind of file, as text. Rules that JSON schemas cannot express are left to the program. */
export function jsonSchemaText(name: SchemaName): string {
  const schema = toJsonSchema(schemas[name], { typeMode: 'output', ignoreActions: ['check', 'finite'] });
  return `${JSON.stringify({ title: `colaw ${name}`, ...schema }, null, 1)}\n`;
}

if (require.main === module)
  for (const name of Object.keys(schemas) as SchemaName[]) {
    const file = join(projectFolder, schemaFile(name));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, jsonSchemaText(name));
  }
