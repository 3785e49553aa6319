/** Every public function is documented with an example, and every example is true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../lib/errors';
import { projectFolder } from '../../lib/files/data';
import * as colaw from '../../lib/index';
import { givens } from './examples';

const index = join(projectFolder, 'lib', 'index.ts');

interface PublicFunction {
  name: string;
  documentation: string;
  examples: string[];
}

/** The functions that `lib/index.ts` exports, with what their docstrings say. */
function publicFunctions(): PublicFunction[] {
  const config = ts.readConfigFile(join(projectFolder, 'tsconfig.json'), (file) =>
    readFileSync(file, 'utf8'),
  );
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, projectFolder);
  const program = ts.createProgram([index], options);
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
  return checker.getExportsOfModule(module).flatMap((alias) => {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    if (!(symbol.flags & ts.SymbolFlags.Function)) return [];
    const examples = symbol
      .getJsDocTags(checker)
      .filter((tag) => tag.name === 'example')
      .map((tag) => ts.displayPartsToString(tag.text));
    const documentation = ts.displayPartsToString(symbol.getDocumentationComment(checker));
    return [{ name: alias.name, documentation, examples }];
  });
}

/** The value of an expression of the library, with the givens in scope. */
function evaluate(code: string, given: object): Promise<unknown> {
  const scope = { ...colaw, ...given };
  const names = Object.keys(scope);
  // biome-ignore lint/security/noGlobalEval: the examples are our own
  const run = eval(`(async ({ ${names.join(', ')} }) => (${code}))`) as (given: object) => Promise<unknown>;
  return run(scope);
}

/** `value` with its numbers rounded to the digits that the documentation shows for them. */
function asShown(value: unknown, shown: unknown): unknown {
  if (typeof value === 'number' && typeof shown === 'number') {
    const digits = String(shown)
      .replace(/e.*/, '')
      .replace(/^-?0?\.?0*/, '')
      .replace('.', '').length;
    return Number(value.toPrecision(Math.max(1, Math.min(17, digits))));
  }
  if (Array.isArray(value) && Array.isArray(shown)) return value.map((each, i) => asShown(each, shown[i]));
  return value;
}

const functions = publicFunctions();

it('there are public functions', () => expect(functions.length).toBeGreaterThan(80));

describe.each(functions)('$name', ({ documentation, examples }) => {
  let given: Awaited<ReturnType<typeof givens>>;
  beforeAll(async () => {
    given = await shared;
  }, 60_000);

  it('says what it does', () => expect(documentation).toMatch(/\w+ \w+/));

  it('has an example', () => expect(examples).not.toEqual([]));

  it.each(examples)('%s', { timeout: 60_000 }, async (example) => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const [code, comment = ''] = example.split(/\s*\/\/ /);
    const refused = /^refuses: (.*)/.exec(comment)?.[1];
    const answer = evaluate(code, given);
    if (refused !== undefined) {
      await expect(answer).rejects.toThrow(InputError);
      await expect(answer).rejects.toThrow(refused);
      return;
    }
    const value = await answer;
    // What has no value does something: then the comment says so in words.
    if (value === undefined) return expect(comment).toMatch(/\w+ \w+/);
    const shown = await evaluate(comment, {});
    expect(asShown(value, shown)).toEqual(shown);
  });
});

const shared = givens();
