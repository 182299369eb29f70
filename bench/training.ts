/**
 * `npm run bench:training`: a training step side by side with PyTorch on the same cores, in turns within one run.
 * Figures and what they mean: docs/measurements.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { UsageError } from '../pipeline/support/usage-error.ts';
import { optional, path, someNames, toggle, whole } from '../pipeline/support/value.ts';
import { startEngine } from '../pipeline/engines/start-engine.ts';
import { engineSettings } from '../pipeline/engines/settings.ts';
import { createProgress } from '../pipeline/support/progress.ts';
import { defaults } from '../pipeline/configuration/settings.ts';
import { defaultCacheDir } from '../pipeline/support/cache-dir.ts';
import { replicasOn } from '../pipeline/training/parallel/team.ts';
import { benchSetting, runBench } from './command.ts';
import { givenPyTorch, installPyTorch } from './pytorch/install.ts';
import { startPeer, type Peer } from './pytorch/peer.ts';
import { cases, effortOf, USUAL_EFFORT, type Effort } from './training/cases.ts';
import { compareCase, type CaseComparison } from './training/compare-case.ts';
import { breakdownTable, comparisonTable, peakTable } from './training/report.ts';

/** Other processes' share of the cores beyond which the figures are called disturbed. */
const QUIET_SHARE = 0.05;

const ofCase = (key: keyof Effort, from: number) => ({
  ...benchSetting,
  ...optional(whole(USUAL_EFFORT[key], { from })),
  defaultText: `${USUAL_EFFORT[key]}, fewer in cases of photographs`,
});

const settings = {
  cases: {
    ...benchSetting,
    ...someNames(
      cases.map(({ name }) => name),
      cases.map(({ name }) => name),
    ),
    help: 'which to time',
  },
  blocks: { ...ofCase('blocks', 1), help: 'turns of each side' },
  steps: { ...ofCase('steps', 1), help: 'timed steps of a turn' },
  profileSteps: { ...ofCase('profileSteps', 0), help: 'steps of the breakdown; 0: none' },
  realSteps: { ...ofCase('realSteps', 0), help: 'timed steps of a turn of the trainer itself, with its threads; 0: none' },
  realTurns: { ...ofCase('realTurns', 1), help: "turns of the trainer, between PyTorch's" },
  replicas: { ...benchSetting, ...whole(replicasOn({}, defaults), { from: 1 }), help: 'replicas of the trainer, as in a run' },
  ...engineSettings,
  torchCompile: {
    ...benchSetting,
    ...toggle(false),
    help: "PyTorch's student goes through torch.compile, which needs a C++ compiler and Python's headers",
  },
  python: { ...benchSetting, ...optional(path('')), help: 'a Python that has torch; without it, one is installed into the cache' },
  ...jsonSetting,
} as const satisfies SettingTable;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns a function that answers which share of all cores (0…1) processes that are not the bench's used since. */
async function watchOthers(peer: Peer, results: CaseComparison[]): Promise<() => Promise<number>> {
  const read = async () => {
    const { user, system } = process.cpuUsage();
    const realTraining = results.reduce((sum, result) => sum + (result.realTraining?.cpuSeconds ?? 0), 0);
    const own = (user + system) / 1000 + ((await peer.cpuSeconds()) + realTraining) * 1000;
    const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
    return { others: busy - own, at: performance.now() };
  };
  const before = await read();
  return async () => {
    const after = await read();
    return Math.max(0, (after.others - before.others) / ((after.at - before.at) * cpus().length));
  };
}

async function run({ values }: Line<typeof settings>): Promise<void> {
  const chosen = values.cases.map((name) => cases.find((candidate) => candidate.name === name)!);
  const { replicas } = values;
  const unequal = chosen.find(({ batchSize }) => batchSize % replicas !== 0);
  if (unequal) throw new UsageError(`--replicas ${replicas}: the ${unequal.batchSize} images of ${unequal.name} can't be shared equally`);

  const pytorch = values.python ? await givenPyTorch(values.python) : await installPyTorch(defaultCacheDir(), say);
  const engine = await startEngine(values.engine);
  const threads = availableParallelism();
  const peer = await startPeer(pytorch, threads, values.torchCompile);
  say(
    `peer: PyTorch ${peer.description.torch}, ${peer.description.threads} threads, ${peer.description.capability}${peer.description.compiled ? ', torch.compile' : ''}`,
  );

  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-bench-'));
  const results: CaseComparison[] = [];
  const progress = createProgress('bench');
  let othersShare: number;
  try {
    const othersSince = await watchOthers(peer, results);
    for (const [i, measured] of chosen.entries()) {
      const result = await compareCase(engine, peer, measured, effortOf(measured, values), replicas, folder, (fraction, text) =>
        progress.update((i + fraction) / chosen.length, `${measured.name}: ${text}`),
      );
      results.push(result);
      progress.done(`${measured.name}: ours / PyTorch ${result.ratio.median.toFixed(2)}`);
    }
    othersShare = await othersSince();
  } finally {
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  }

  const report = {
    measured: new Date().toISOString(),
    machine: { processor: cpus()[0].model, cores: threads, memoryBytes: totalmem(), platform: `${process.platform} ${process.arch}` },
    othersShare,
    quiet: othersShare <= QUIET_SHARE,
    ours: { engine: engine.description, node: process.version },
    pytorch: peer.description,
    replicas,
    cases: results,
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  const noise = report.quiet ? '' : 'DISTURBED, the figures mean nothing: ';
  const text = `\n${comparisonTable(results, report.quiet)}\n\n${breakdownTable(results)}\n\n${peakTable(results)}\n\n${noise}other processes used ${(100 * othersShare).toFixed(1)} % of the ${threads} cores meanwhile\n`;
  if (values.json) say(text);
  else process.stdout.write(`${text}\n`);
}

await runBench({ name: 'bench:training', summary: "Times a training step and PyTorch's side by side.", settings, run });
