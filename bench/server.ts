/**
 * `npm run bench:server`: our server beside fastify with sharp and ONNX Runtime, and beside FastAPI with Pillow and ONNX Runtime, by turns
 * in one run: each on one core, the load on the other. Processor time a request is the figure that counts: what else the machine does hardly
 * moves it. Figures and what they mean: docs/measurements.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import { createProgress } from '../pipeline/support/progress.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { numbers, optional, path, someNames, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { chooseCores, type Cores } from './server/cores.ts';
import { measureFloor } from './server/floor.ts';
import { startGenerator, type Generator } from './server/generator.ts';
import { makePictures, pictureSetText } from './server/pictures.ts';
import { judgeServers, plot, workText, type WorkResult } from './server/report.ts';
import { servedPackage } from './server/served-package.ts';
import { startContestant, type StartedServer } from './server/servers.ts';
import { timeServersByTurns, type TimedServer } from './server/turns.ts';
import { TIMED_WORKS, type TimedWork, type TimedWorkName } from './server/works.ts';

const WORKS = Object.keys(TIMED_WORKS) as TimedWorkName[];

const settings = {
  work: { ...benchSetting, ...someNames(['mixed'], WORKS), help: 'what is asked of the servers' },
  connections: {
    ...benchSetting,
    ...optional(numbers([1], { from: 1, to: 1000 })),
    help: 'connections at a time, each with one request; without it those of the work',
  },
  seconds: { ...benchSetting, ...whole(3, { from: 1 }), help: 'length of a turn', unit: 'seconds' },
  rounds: { ...benchSetting, ...whole(5, { from: 1 }), help: 'turns of each server' },
  seed: { ...benchSetting, ...whole(1, { from: 0 }), help: 'which pictures are made' },
  plot: { ...benchSetting, ...optional(path('')), help: 'SVG file to write the processor times to' },
  ...jsonSetting,
} as const satisfies SettingTable;

type Values = Line<typeof settings>['values'];

interface Bench {
  values: Values;
  cores: Cores;
  generator: Generator;
  /** For pictures, packages and logs. */
  folder: string;
  say(line: string): void;
}

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const cores = chooseCores();
  const folder = await mkdtemp(join(tmpdir(), 'sld-edge-bench-server-'));
  const generator = startGenerator(cores);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const about = {
    processor: cpus()[0].model,
    cores: cpus().length,
    pinned: cores.server !== undefined,
    node: process.version,
    loadBefore: loadavg()[0],
    seconds: values.seconds,
    rounds: values.rounds,
    seed: values.seed,
  };
  const results: WorkResult[] = [];
  try {
    for (const work of values.work) results.push(await timeWork(work, TIMED_WORKS[work], { values, cores, generator, folder, say }));
  } finally {
    generator.stop();
    await rm(folder, { recursive: true });
  }
  if (values.plot !== undefined) writeFileSync(values.plot, plot(results));
  const where = `${about.processor}, ${about.cores} cores, Node ${about.node}; load of the machine before ${about.loadBefore.toFixed(1)}, after ${loadavg()[0].toFixed(1)}; ${about.pinned ? 'servers on core 0, the load on core 1' : 'servers and load on the same cores'}; ${about.rounds} turns of ${about.seconds} s, medians`;
  process.stdout.write(
    values.json ? `${JSON.stringify({ about, results }, null, 2)}\n` : `${[where, ...results.map(workText)].join('\n\n')}\n`,
  );
  return results.every(({ measured }) => measured.every(({ others }) => Object.keys(others).length === 0));
}

async function timeWork(name: TimedWorkName, work: TimedWork, { values, cores, generator, folder, say }: Bench): Promise<WorkResult> {
  const progress = createProgress(`bench:server ${name}`);
  progress.update(0, 'making the pictures');
  const pictures = join(folder, work.pictures);
  const files = await makePictures(work.pictures, values.seed);
  mkdirSync(pictures, { recursive: true });
  for (const [i, file] of files.entries()) writeFileSync(join(pictures, `${String(i).padStart(3, '0')}.jpg`), file);
  const served = await servedPackage(work.package, folder, say);
  const plans = work.contestants.filter(({ variant }) => variant === undefined || served.variants.includes(variant));
  const missing = work.contestants
    .filter((plan) => !plans.includes(plan))
    .map((plan) => `${plan.name} is left out: the package has no variant ${plan.variant}`);
  const servers = new Map<string, StartedServer>();
  try {
    for (const { server } of plans) {
      if (servers.has(server)) continue;
      progress.update(0, `starting ${server}`);
      servers.set(server, await startContestant(server, served, { cores, folder, say, environment: OURS_ENVIRONMENT }));
    }
    const contestants = plans.map(({ name, server, query = '' }): TimedServer => ({
      name,
      server: servers.get(server)!,
      path: `/classify${withModel(server, query)}`,
    }));
    const connections = values.connections ?? work.connections;
    const turns = connections.length * values.rounds * contestants.length;
    let done = 0;
    const onTurn = (): void => progress.update(++done / turns, `turn ${done} of ${turns}`);
    const measured: WorkResult['measured'] = [];
    for (const count of connections)
      measured.push(
        ...(await timeServersByTurns(contestants, {
          generator,
          folder: pictures,
          connections: count,
          seconds: values.seconds,
          rounds: values.rounds,
          onTurn,
        })),
      );
    const floor = servers.has('http alone')
      ? await measureFloor(cores, pictures, join(served.modelsDir, served.name, served.version), values.seconds)
      : undefined;
    progress.done();
    return {
      work: name,
      pictures: pictureSetText(work.pictures),
      files: files.length,
      bytes: files.reduce((sum, { length }) => sum + length, 0),
      measured,
      bars: judgeServers(measured, work.bars),
      missing,
      ...(floor && { floor }),
    };
  } finally {
    for (const server of servers.values()) await server.stop();
  }

  function withModel(server: string, query: string): string {
    return server === 'ours' ? `${query}${query === '' ? '?' : '&'}model=${served.name}` : query;
  }
}

/** 64 connections wait on one worker; float32 is computed by what the others compute it by. */
const OURS_ENVIRONMENT = { QUEUE_LIMIT: '1000', FLOAT32_BACKEND: 'onnx' };

await runBench({
  name: 'bench:server',
  summary:
    'Times our server beside fastify with sharp and ONNX Runtime, and FastAPI with Pillow and ONNX Runtime, by processor time a request.',
  settings,
  run,
});
