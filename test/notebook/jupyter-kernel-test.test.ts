import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeKernelspec } from '../../lib/notebook/kernelspec';
import { PATIENCE, temporaryFolder } from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const pythons = ['/usr/bin/python3', 'python3'];
const python = pythons.find((each) => spawnSync(each, ['-c', 'import jupyter_kernel_test']).status === 0);

// Left out: tslab's kernel_info_reply lacks the field `status`, which the tests of it and of display data demand.
const script = `
import unittest, jupyter_kernel_test
class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = 'tslab'
    language_name = 'typescript'
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    complete_code_samples = ['const a = 1']
    incomplete_code_samples = ['function f() {']
names = ['test_execute_stdout', 'test_execute_stderr', 'test_is_complete']
result = unittest.TextTestRunner().run(unittest.TestSuite(map(Kernel, names)))
raise SystemExit(0 if result.wasSuccessful() and result.testsRun == 3 and not result.skipped else 1)
`;

describe.skipIf(python === undefined)('jupyter_kernel_test, on our kernelspec', () => {
  it('accepts output, errors and completeness', { timeout: PATIENCE }, () => {
    writeKernelspec(join(folder, 'jupyter'));
    const env = { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') };
    const { status, stderr } = spawnSync(python!, ['-c', script], { cwd: folder, encoding: 'utf8', env });
    expect(status, stderr).toBe(0);
  });
});
