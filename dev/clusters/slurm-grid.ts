/**
 * `tsx dev/clusters/slurm-grid.ts KILL_NODE`: a grid of four one-epoch cells on the Slurm of `SLURM_CONF`, and on this machine alone.
 * While a cell runs, `KILL_NODE NODE` is called to end a node with all that runs there. Fails where the gathered report differs
 * from the local one in more than times, or the cell was not started twice.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { writeCifarFolder } from '../../pipeline/testing/cifar-folder.ts';

const [killNode] = process.argv.slice(2);
if (!killNode) throw new Error('expected KILL_NODE, a command that ends a node');
const cli = fileURLToPath(new URL('../../pipeline/sld-edge.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'sld-edge-slurm-'));
const small = ['--student', 'resnet8', '--replicas', '1', '--validation-count', '10', '--batch-size', '20', '--warmup-epochs', '0'];
const training = ['--data', 'cifar10:images', ...small, '--engine', 'wasm', '--epochs', '1'];
const compare = ['compare', ...training, '--teacher', 'teacher.safetensors', '--methods', 'ce,kd', '--seeds', '2', '--json'];

async function main(): Promise<void> {
  writeCifarFolder(join(root, 'images'), { train: 70, test: 30 });
  await command(['teacher', ...training, '--out', 'teacher.safetensors']);
  await command([...compare, '--out', 'local']);
  const cluster = command([...compare, '--on', 'slurm', '--out', 'cluster']);
  const [task, node] = await Promise.race([runningTask(), cluster.then((): never => fail('the grid ended before a node could be lost'))]);
  execFileSync(killNode, [node], { stdio: 'inherit' });
  console.log(`lost ${node} while it ran cell ${task}`);
  await cluster.catch((error: unknown) => fail(`${String(error)}; the lost cell said:\n${logOf(task)}`));
  const starts = logOf(task)
    .split('\n')
    .filter((line) => line.startsWith(`cell ${task} of `)).length;
  if (starts < 2) fail(`cell ${task} was started ${starts} times, expected twice`);
  const [local, gathered] = ['local', 'cluster'].map(reportOf);
  if (!isDeepStrictEqual(gathered, local))
    fail(`the gathered report is another one:\n${JSON.stringify(gathered)}\n${JSON.stringify(local)}`);
  console.log(`four cells on Slurm, one of them started ${starts} times: the gathered report is the local one`);
}

/** Runs a command of the pipeline; what it says goes on. */
async function command(args: string[]): Promise<void> {
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) fail(`${args[0]} ended with ${String(status)}`);
}

/** Waits for a task that has begun to train. */
async function runningTask(): Promise<[task: number, node: string]> {
  for (;;) {
    const running = execFileSync('squeue', ['--noheader', '--states=RUNNING', '--format=%K %N'], { encoding: 'utf8' });
    const [, task, node] = /^(\d+) (\w+)$/m.exec(running) ?? [];
    if (task !== undefined && logOf(Number(task)).includes('training resnet8')) return [Number(task), node];
    await sleep(50);
  }
}

function logOf(task: number): string {
  const folder = join(root, 'cluster', 'slurm');
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(`_${task}.log`))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  } catch {
    return '';
  }
}

/** Summary and results of a comparison's folder, without what a clock or a place says. */
function reportOf(name: string): unknown {
  const files = ['summary.json', ...['ce', 'kd'].flatMap((method) => [1, 2].map((seed) => `${method}.seed${seed}/result.json`))];
  return files.map((file): unknown =>
    JSON.parse(readFileSync(join(root, name, file), 'utf8'), (key, value: unknown) =>
      /^(seconds|secondsPerRun|imagesPerSecond|tensors)$/.test(key) ? undefined : value,
    ),
  );
}

function fail(reason: string): never {
  throw new Error(reason);
}

try {
  await main();
} finally {
  rmSync(root, { recursive: true, force: true });
}
