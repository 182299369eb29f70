/**
 * `npm run bench:web`: an image on our integer kernels and on other runtimes' WebAssembly, in one page of a real Chromium, each in a
 * frame of its own, by turns. Weights are random: they decide no time. Figures and what they mean: docs/measurements.md.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright';
import { chromiumPath } from '../e2e/harness/chromium.ts';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import { createProgress } from '../pipeline/support/progress.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { textTable } from '../pipeline/support/text-table.ts';
import { someNames, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { judge, nameOf, type WebBar } from './web/bars.ts';
import { SUBJECTS, type SubjectName } from './web/frame/subjects.ts';
import { startBenchHost } from './web/host.ts';
import { BENCHED_NETWORKS, type BenchedNetworkName } from './web/networks.ts';
import { writePage } from './web/page.ts';
import { timeByTurns, type Contestant, type ContestantTimes } from './web/turns.ts';
import { writeModels, type WrittenModels } from './web/write-models.ts';

const NETWORKS = Object.keys(BENCHED_NETWORKS) as BenchedNetworkName[];
const SUBJECT_NAMES = Object.keys(SUBJECTS) as SubjectName[];
/** All but what answers where there is no SIMD: its images take longer than all others' together. */
const DEFAULT_SUBJECTS = SUBJECT_NAMES.filter((name) => name !== 'wasm-scalar');

const settings = {
  networks: { ...benchSetting, ...someNames(NETWORKS, NETWORKS), help: 'which to time' },
  runtimes: { ...benchSetting, ...someNames(DEFAULT_SUBJECTS, SUBJECT_NAMES), help: 'which to time them on' },
  turns: { ...benchSetting, ...whole(30, { from: 1 }), help: 'turns of each runtime' },
  threads: {
    ...benchSetting,
    ...whole(1, { from: 1, to: 64 }),
    help: 'times those that have threads with so many too, beside one thread',
    unit: 'threads',
  },
  ...jsonSetting,
} as const satisfies SettingTable;

/** Largest distance of logits from TensorFlow.js's, by their norms: a runtime beyond it computes another network. Int8 rounds. */
const LARGEST_ERROR = { float32: 1e-3, int8: 0.5 };

interface Result extends WrittenModels {
  network: BenchedNetworkName;
  size: number;
  times: (Omit<ContestantTimes, 'logits'> & { logitError?: number })[];
  bars: WebBar[];
}

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const contestants = values.runtimes.flatMap((subject): Contestant[] => [
    { subject, threads: 1 },
    ...(values.threads > 1 && SUBJECTS[subject].hasThreads ? [{ subject, threads: values.threads }] : []),
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'sld-edge-bench-web-'));
  const host = await startBenchHost(await writePage(folder));
  let browser: Browser | undefined;
  const progress = createProgress('bench:web');
  const results: Result[] = [];
  try {
    browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--disable-background-networking', '--no-first-run'] });
    for (const [i, network] of values.networks.entries()) {
      const part = (fraction: number): number => (i + fraction) / values.networks.length;
      progress.update(part(0), `${network}: writing its models`);
      const written = await writeModels(network, join(folder, 'models', network));
      const page = await browser.newPage();
      const times = await timeByTurns(page, `${host.url}page/`, `${host.url}models/${network}/`, contestants, values.turns, (turn) =>
        progress.update(part(0.3 + (0.7 * turn) / values.turns), `${network}: turn ${turn} of ${values.turns}`),
      );
      await page.close();
      const { size } = BENCHED_NETWORKS[network];
      results.push({
        network,
        size,
        ...written,
        times: withErrors(times),
        bars: judge(BENCHED_NETWORKS[network], written.multiplyAdds, times),
      });
    }
    progress.done();
    const about = {
      processor: cpus()[0].model,
      cores: availableParallelism(),
      chromium: browser.version(),
      turns: values.turns,
      ...versions(),
    };
    process.stdout.write(values.json ? `${JSON.stringify({ about, results }, null, 2)}\n` : report(about, results));
  } finally {
    await browser?.close();
    await host.close();
    await rm(folder, { recursive: true });
  }
  const wrong = results.flatMap(({ network, times }) => times.filter(isWrong).map((time) => `${network} on ${nameOf(time)}`));
  if (wrong.length > 0) process.stderr.write(`other answers than TensorFlow.js gives: ${wrong.join(', ')}\n`);
  return wrong.length === 0;
}

const require = createRequire(import.meta.url);

function versions(): Record<string, string> {
  const read = (name: string): string => (require(`../node_modules/${name}/package.json`) as { version: string }).version;
  return { tfjs: read('@tensorflow/tfjs-backend-wasm'), onnxRuntimeWeb: read('onnxruntime-web'), liteRt: read('@litertjs/core') };
}

/** Distances of the logits to those of TensorFlow.js, relative to their norm. */
function withErrors(times: ContestantTimes[]): Result['times'] {
  const reference = times.find(({ subject }) => subject === 'tfjs-wasm')?.logits;
  const norm = (values: number[]): number => Math.hypot(...values);
  return times.map(({ logits, ...time }) => ({
    ...time,
    ...(reference && { logitError: norm(logits.map((logit, i) => logit - reference[i])) / norm(reference) }),
  }));
}

const isWrong = ({ subject, logitError }: Result['times'][number]): boolean =>
  logitError !== undefined && !(logitError <= LARGEST_ERROR[/tfjs|float32/.test(subject) ? 'float32' : 'int8']);

function report(about: Record<string, string | number>, results: Result[]): string {
  const columns = results[0].times;
  const rows = results.map(({ network, size, multiplyAdds, times }) => [
    network,
    `${size} px`,
    (multiplyAdds / 1e6).toFixed(0),
    ...times.map(({ minMs, medianMs, processorMs }) => [minMs, medianMs, processorMs].map((ms) => ms?.toFixed(2) ?? '–').join(' / ')),
  ]);
  const bars = results.flatMap(({ network, bars }) =>
    bars.map(({ ratio, value, byProcessorTime, bar, isCeiling, met }) => [
      network,
      ratio,
      value.toFixed(2),
      byProcessorTime?.toFixed(2) ?? '–',
      `${isCeiling ? '≤' : '≥'} ${bar}`,
      met ? 'met' : 'MISSED',
    ]),
  );
  return [
    `${about.processor}, ${about.cores} cores, Chromium ${about.chromium}, TensorFlow.js ${about.tfjs}, ONNX Runtime Web ${about.onnxRuntimeWeb}, LiteRT.js ${about.liteRt}`,
    `ms an image: minimum / median / median processor time of ${about.turns} turns; multiply-adds in millions`,
    textTable(['network', 'image', 'multiply-adds', ...columns.map(nameOf)], rows),
    '',
    textTable(['network', 'ratio', 'of minima', 'of processor time', 'bar', ''], bars),
    '',
  ].join('\n');
}

await runBench({
  name: 'bench:web',
  summary: 'Times networks in a browser on our integer kernels, beside TensorFlow.js, ONNX Runtime Web and LiteRT.js.',
  settings,
  run,
});
