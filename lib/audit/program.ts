/** Node only, a program: checks the claims that its arguments select and prints each as a line of JSON when it is done. */
import { InputError } from '../errors';
import { auditOneByOne, selectClaims } from './audit';

async function main(): Promise<void> {
  for await (const claim of auditOneByOne({ claims: selectClaims(process.argv.slice(2)) }))
    process.stdout.write(`${JSON.stringify(claim)}\n`);
}

main().catch((error: Error) => {
  console.error(error instanceof InputError ? error.message : error.stack);
  process.exitCode = 1;
});
