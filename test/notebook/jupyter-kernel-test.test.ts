import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeKernelspec } from '../../lib/notebook/kernelspec';
import { PATIENCE, temporaryFolder } from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const pythons = ['/usr/bin/python3', 'python3'];
const python = pythons.find((each) => spawnSync(each, ['-c', 'import jupyter_kernel_test']).status === 0);

// tslab's kernel_info_reply lacks the field `status`: its test is left out, and what is left over of it before the
// first test is dropped without being checked.
const script = `
import queue, unittest, jupyter_kernel_test
class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = 'tslab'
    language_name = 'typescript'
    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('oops')"
    complete_code_samples = ['const a = 1']
    incomplete_code_samples = ['function f() {']
    def flush_channels(self):
        for get in (self.kc.get_shell_msg, self.kc.get_iopub_msg):
            try:
                while True: get(timeout=0.2)
            except queue.Empty: pass
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
