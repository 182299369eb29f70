/**
 * Program that `run.sh` starts on a machine with a GPU: every part in a process of its own with a time limit of its own, results written as
 * they come. `main.mjs part <name> <options>` is such a part.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BATCH_SIZES, PAIRS } from './pairs.ts';
import { adapterPart } from './part-adapter.ts';
import { correctnessPart } from './part-correctness.ts';
import { distilPart, hasTeacher, type DistilOptions } from './part-distil.ts';
import { pytorchPart, type PeerOptions } from './part-pytorch.ts';
import { ratePart, type RateOptions } from './part-rate.ts';
import { reportText, type Results } from './report.ts';
import type { Message } from './results.ts';
import { vulkanAttempts } from './vulkan.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function part(name: string, json: string): Promise<void> {
  const options = JSON.parse(json) as unknown;
  if (name === 'adapter') await adapterPart();
  else if (name === 'correctness') await correctnessPart(folder, (options as { pairs: string[] }).pairs);
  else if (name === 'rate') await ratePart(options as RateOptions);
  else if (name === 'pytorch') await pytorchPart(folder, options as PeerOptions);
  else if (name === 'distil') await distilPart(folder, options as DistilOptions);
  else throw new Error(`no part "${name}"`);
}

let running: ChildProcess | undefined;
/** Stopped from outside: what runs stops too; what was found lies in its files. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    running?.kill('SIGKILL');
    process.exit(1);
  });
}

interface Ended {
  ok: boolean;
  reason: string;
}

/** Runs a part to its end or its limit, whichever is first. */
function runPart(
  name: string,
  options: object,
  limitSeconds: number,
  env: Record<string, string>,
  onMessage: (message: Message) => void,
): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'part', name, JSON.stringify(options)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let last = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      last =
        text
          .trim()
          .split('\n')
          .filter((line) => line && !line.startsWith('    at '))
          .pop() ?? last;
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) onMessage(JSON.parse(line) as Message);
    });
    running = child;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, 1000 * limitSeconds);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      running = undefined;
      done({
        ok: status === 0,
        reason: late ? `stopped at its limit of ${limitSeconds} s` : signal ? `ended by ${signal}: ${last}` : last || `status ${status}`,
      });
    });
  });
}

/** A Python that has torch and sees the GPU. */
function findPyTorch(wanted: string | undefined): Promise<{ python: string; device: string } | undefined> {
  const python = wanted ?? 'python3';
  return new Promise((done) => {
    const child = spawn(python, ['-W', 'ignore', '-c', 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    child.on('error', () => done(undefined));
    child.on('close', (status) => done(status === 0 ? { python, device: said.trim() } : undefined));
  });
}

const HELP = `./run.sh [options]      results go to $OUT (./out where it is not set), as they come
  --minutes N      for the training on CIFAR-100 (default 10; 0: none)
  --epochs N       of its schedule (default 240)
  --batch N        of that training (default 256)
  --data DIR       with CIFAR-100's train.bin and test.bin: all of it, not the bundle's share
  --python PATH    with torch (default python3); beside a GPU it needs CUDA
  --only PARTS     of adapter,correctness,rates,pytorch,distil, separated by commas
  --quick          smallest sizes: proves that all parts run, measures nothing
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      epochs: { type: 'string', default: '240' },
      batch: { type: 'string', default: '256' },
      data: { type: 'string' },
      python: { type: 'string' },
      only: { type: 'string', default: 'adapter,correctness,rates,pytorch,distil' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [minutes, epochs, batch] = (['minutes', 'epochs', 'batch'] as const).map((name) => {
    const value = Number(values[name]);
    if (!(value >= 0)) throw new Error(`--${name} expects a number, got "${values[name]}"`);
    return value;
  });
  const { quick } = values;
  const wanted = new Set(values.only.split(','));
  const out = resolve(process.env.OUT ?? 'out');
  mkdirSync(out, { recursive: true });

  const results: Results = {
    started: new Date().toISOString(),
    machine: {
      processor: cpus()[0]?.model,
      cores: availableParallelism(),
      memoryGB: Math.round(totalmem() / 1e9),
      kernel: release(),
      node: process.version,
    },
    bundle: JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8')) as Record<string, unknown>,
    correctness: [],
    rates: [],
    peers: [],
    distillation: [],
    notes: quick ? ['--quick: sizes are too small for any figure to mean something'] : [],
  };
  const write = (): void => {
    for (const [name, text] of [
      ['results.json', `${JSON.stringify(results, null, 1)}\n`],
      ['report.txt', reportText(results)],
    ]) {
      writeFileSync(join(out, `${name}.new`), text);
      renameSync(join(out, `${name}.new`), join(out, name));
    }
  };
  const take = (message: Message): void => {
    if (message.kind === 'adapter') results.adapter = message.value;
    else if (message.kind === 'correctness') results.correctness.push(message.value);
    else if (message.kind === 'rate') results.rates.push(message.value);
    else if (message.kind === 'peerDescription') results.peerDescription = message.value;
    else if (message.kind === 'peer') results.peers.push(message.value);
    else if (message.kind === 'distillation') results.distillation.push(message.value);
    else results.notes.push(message.value);
    write();
    if (message.kind !== 'rate') say(JSON.stringify(message.value));
    else say(`${message.value.pair}, batch ${message.value.batchSize}: ${message.value.imagesPerSecond.toFixed(0)} images/s`);
  };
  const note = (text: string): void => take({ kind: 'note', value: text });

  // The narrow pair alone takes a driver in software a minute.
  const pairs = quick ? [PAIRS[1]] : PAIRS;
  let env: Record<string, string> = {};
  let failure = '';
  for (const attempt of vulkanAttempts(folder, out)) {
    const ended = await runPart('adapter', {}, 60, attempt.env, take);
    env = attempt.env;
    if (results.adapter && !results.adapter.software) break;
    failure = `${attempt.what}: ${ended.ok ? 'computes in software' : ended.reason}`;
    if (!results.adapter) note(failure);
  }
  if (!results.adapter) {
    write();
    throw new Error(`no GPU answers through Vulkan (${failure})`);
  }

  const limited = async (name: string, options: object, limitSeconds: number): Promise<boolean> => {
    say(`${name} ${JSON.stringify(options)}, at most ${limitSeconds} s`);
    const { ok, reason } = await runPart(name, options, limitSeconds, env, take);
    if (!ok) note(`${name} ${JSON.stringify(options)}: ${reason}`);
    return ok;
  };
  if (wanted.has('correctness')) await limited('correctness', { pairs }, quick ? 600 : 300);
  const pytorch = wanted.has('pytorch') ? await findPyTorch(values.python) : undefined;
  if (wanted.has('pytorch') && !pytorch) note(`${values.python ?? 'python3'} has no torch: nothing beside PyTorch was measured`);
  else if (pytorch && pytorch.device !== 'cuda' && !quick) note('torch sees no CUDA device: nothing beside PyTorch was measured');
  for (const pair of pairs) {
    for (const batchSize of quick ? [2] : BATCH_SIZES) {
      if (wanted.has('rates'))
        await limited(
          'rate',
          { pair, batchSize, steps: quick ? 1 : 200, seconds: quick ? 1 : 20, warmUp: quick ? 0 : 3 } satisfies RateOptions,
          quick ? 600 : 180,
        );
      if (pytorch && (pytorch.device === 'cuda' || quick))
        await limited('pytorch', { ...pytorch, pair, batchSize, steps: quick ? 1 : 60 } satisfies PeerOptions, quick ? 600 : 180);
    }
  }
  if (wanted.has('distil') && minutes > 0) {
    const shared = {
      epochs: quick ? 1 : epochs,
      batchSize: quick ? 4 : batch,
      images: quick ? 8 : 0,
      out,
      ...(values.data && { data: resolve(values.data) }),
    };
    const stages = hasTeacher(folder) ? (['student'] as const) : (['teacher', 'student'] as const);
    if (stages.length > 1) note('the bundle holds no teacher: half of the time trains one first');
    for (const stage of stages)
      await limited(
        'distil',
        { ...shared, stage, minutes: minutes / stages.length } satisfies DistilOptions,
        Math.ceil((60 * minutes) / stages.length) + (quick ? 600 : 120),
      );
  }
  write();
  process.stdout.write(`\n${reportText(results)}\nresults: ${join(out, 'results.json')}, ${join(out, 'report.txt')}\n`);
  if (results.correctness.some(({ ok }) => !ok)) process.exitCode = 1;
}

try {
  if (process.argv[2] === 'part') {
    await part(process.argv[3], process.argv[4]);
    // Dawn's threads would keep the process.
    process.stdout.write('', () => process.exit());
  } else await main();
} catch (error) {
  say(process.env.DEBUG ? String((error as Error).stack) : (error as Error).message);
  process.exit(1);
}
