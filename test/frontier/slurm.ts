import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'sinfo'];

/** Whether Slurm can run here: its programs are there and we are root, who alone starts jobs. */
export const hasSlurm =
  process.getuid?.() === 0 && programs.every((name) => spawnSync('which', [name]).status === 0);

/** A Slurm cluster of one node, this machine, whose files all lie in `folder`. */
export async function startSlurm(folder: string) {
  const host = hostname().split('.')[0];
  const [controller, daemon] = [await freePort(), await freePort()];
  for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o600 });
  const conf = join(folder, 'slurm.conf');
  writeFileSync(
    conf,
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthInfo=socket=${folder}/munge.socket
SlurmctldPort=${controller}
SlurmdPort=${daemon}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0
ReturnToService=2
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN
PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`,
  );
  const inFolder = (name: string) => `--${name}=${join(folder, name.replace(/-file$/, ''))}`;
  const daemons: ChildProcess[] = [
    start(
      'munged',
      '--force',
      '--foreground',
      `--key-file=${folder}/munge.key`,
      `--socket=${folder}/munge.socket`,
      inFolder('pid-file'),
      inFolder('log-file'),
      inFolder('seed-file'),
    ),
    start('slurmctld', '-D', '-f', conf),
    start('slurmd', '-D', '-f', conf),
  ];
  const env = { ...process.env, SLURM_CONF: conf };
  const run = (command: string, cwd: string) =>
    spawnSync(command, { shell: true, encoding: 'utf8', env, cwd });
  /** Submits a job and returns the states of its tasks once all have ended; `sbatch --wait` looks every 10 seconds. */
  const runJob = async (command: string, cwd: string): Promise<string[]> => {
    const submitted = run(command, cwd);
    const [job] = /\d+/.exec(submitted.stdout) ?? [];
    if (job === undefined) throw new Error(`no job was submitted: ${submitted.stderr}`);
    for (;;) {
      const tasks = run(`scontrol show job --oneliner ${job}`, cwd).stdout;
      const states = Array.from(tasks.matchAll(/\bJobState=(\w+)/g), ([, state]) => state);
      if (states.length > 0 && states.every((state) => !/PENDING|RUNNING|COMPLETING/.test(state)))
        return states;
      await setTimeout(100);
    }
  };
  for (let tries = 0; !/\bidle\b/.test(run('sinfo -h -o %T', folder).stdout); tries++) {
    if (tries > 300) throw new Error(`Slurm does not start: ${run('sinfo', folder).stderr}`);
    // The controller gives up where munged is not there yet.
    for (const [d, each] of daemons.entries())
      if (each.exitCode !== null) daemons[d] = start(each.spawnfile, ...each.spawnargs.slice(1));
    await setTimeout(200);
  }
  /** Ends the daemons, and waits until they have: they write files until then. */
  const stop = async () => {
    for (const each of daemons.reverse()) {
      const ended = once(each, 'exit');
      if (each.kill('SIGTERM')) await ended;
    }
  };
  return { run, runJob, stop };
}

const start = (program: string, ...args: string[]) => spawn(program, args, { stdio: 'ignore' });

function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}
