/**
 * `npm run bench:training`: a training step side by side with PyTorch on the same cores, in turns within one run.
 * Figures and what they mean: docs/measurements.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { helpText, parseFlags, UsageError, type Flags } from '../pipeline/commands/flags.ts';
import { startEngine } from '../pipeline/commands/start-engine.ts';
import { createProgress } from '../pipeline/console/progress.ts';
import { defaultCacheDir } from '../pipeline/storage/cache-dir.ts';
import { givenPyTorch, installPyTorch } from './pytorch/install.ts';
import { startPeer } from './pytorch/peer.ts';
import { cases } from './training/cases.ts';
import { compare, type Comparison } from './training/compare.ts';
import { breakdownTable, comparisonTable } from './training/report.ts';

/** Runnable processes beyond this at the start disturb the figures. */
const QUIET_LOAD = 0.5;

const flags: Flags = {
  cases: { type: 'string', help: `which, separated by commas (default all: ${cases.map(({ name }) => name).join(', ')})` },
  blocks: { type: 'string', help: 'turns of each side (default 8)' },
  steps: { type: 'string', help: 'timed steps of a turn (default 5)' },
  'profile-steps': { type: 'string', help: 'steps of the breakdown; 0: none (default 10)' },
  'real-steps': { type: 'string', help: "steps of the real training, in cases with a teacher; 0: none (default 100)" },
  engine: { type: 'string', help: 'auto, tensorflow or wasm (default auto)' },
  python: { type: 'string', help: 'a Python that has torch (default: one that is installed into the cache)' },
  json: { type: 'boolean', help: 'the result as JSON on stdout' },
  help: { type: 'boolean', help: 'this text' },
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function wholeNumber(values: Record<string, string | boolean | undefined>, name: string, fallback: number, least: number): number {
  const value = values[name];
  if (value === undefined) return fallback;
  if (!/^\d+$/.test(String(value)) || Number(value) < least) throw new UsageError(`--${name} expects a whole number from ${least}, got "${String(value)}"`);
  return Number(value);
}

async function main(): Promise<void> {
  const values = parseFlags('bench:training', process.argv.slice(2), flags);
  if (values.help) return void process.stdout.write(`${helpText('bench:training', 'Times a training step and PyTorch\'s side by side.', flags)}\n`);
  const wanted = values.cases === undefined ? cases.map(({ name }) => name) : String(values.cases).split(',');
  const chosen = wanted.map((name) => {
    const found = cases.find((candidate) => candidate.name === name);
    if (!found) throw new UsageError(`--cases: no case "${name}"; allowed: ${cases.map((each) => each.name).join(', ')}`);
    return found;
  });
  const effort = {
    blocks: wholeNumber(values, 'blocks', 8, 1),
    steps: wholeNumber(values, 'steps', 5, 1),
    profileSteps: wholeNumber(values, 'profile-steps', 10, 0),
    realSteps: wholeNumber(values, 'real-steps', 100, 0),
  };

  const pytorch = values.python ? await givenPyTorch(String(values.python)) : await installPyTorch(defaultCacheDir(), say);
  const loadBefore = loadavg()[0];
  const quiet = loadBefore <= QUIET_LOAD;
  if (!quiet) say(`other work is running (load ${loadBefore.toFixed(1)}): ratios are disturbed, absolute figures more so`);
  const engine = await startEngine(String(values.engine ?? 'auto'));
  const threads = availableParallelism();
  const peer = await startPeer(pytorch, threads);
  say(`peer: PyTorch ${peer.description.torch}, ${peer.description.threads} threads, ${peer.description.capability}`);

  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-bench-'));
  const results: Comparison[] = [];
  const progress = createProgress('bench');
  try {
    for (const [i, measured] of chosen.entries()) {
      const result = await compare(engine, peer, measured, effort, folder, (fraction, text) => progress.update((i + fraction) / chosen.length, `${measured.name}: ${text}`));
      results.push(result);
      progress.done(`${measured.name}: ours / PyTorch ${result.ratio.median.toFixed(2)}`);
    }
  } finally {
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  }

  const report = {
    measured: new Date().toISOString(),
    machine: { processor: cpus()[0].model, cores: threads, memoryBytes: totalmem(), platform: `${process.platform} ${process.arch}` },
    quiet,
    loadBefore,
    ours: { engine: engine.description, node: process.version },
    pytorch: peer.description,
    effort,
    cases: results,
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const text = `\n${comparisonTable(results)}\n\n${breakdownTable(results)}\n`;
  if (values.json) say(text);
  else process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  say(error instanceof UsageError || !process.env.DEBUG ? (error as Error).message : String((error as Error).stack));
  process.exitCode = 1;
}
