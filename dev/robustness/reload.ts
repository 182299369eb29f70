/**
 * `npm run dev:reload -- --reloads N --clients M`: are answers lost or mixed while models are exchanged? Clients ask the built server with two
 * workers without a pause, its index is written again and again, and every answer is compared with that of the version it names. Another
 * client asks `/healthz` every 20 ms.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createFixturePackage, gradientImage, type FixturePackage } from '@sld-edge/runtime/testing';
import { benchSetting, runBench } from '../../bench/command.ts';
import type { Line } from '../../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../../pipeline/support/setting.ts';
import { whole } from '../../pipeline/support/value.ts';
import { buildServer, startBuiltServer, type BuiltServer } from '../../server/testing/built-server.ts';
import { writeFixtures } from '../../server/testing/models-folder.ts';

const settings = {
  reloads: { ...benchSetting, ...whole(100, { from: 1 }), help: 'how often the index is written again' },
  clients: { ...benchSetting, ...whole(8, { from: 1 }), help: 'clients that ask without a pause' },
} as const satisfies SettingTable;

const HEALTH_EVERY_MS = 20;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Predictions as text, by version; the first answer of a version is held against all others. */
interface Tally {
  byVersion: Map<string, string>;
  answers: number;
  faults: string[];
}

async function ask(url: string, body: Uint8Array<ArrayBuffer>, tally: Tally): Promise<void> {
  try {
    const response = await fetch(`${url}/classify`, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
    const answer = (await response.json()) as { version: string; predictions: unknown };
    tally.answers++;
    const predictions = JSON.stringify(answer.predictions);
    const expected = tally.byVersion.get(answer.version) ?? predictions;
    tally.byVersion.set(answer.version, expected);
    if (response.status !== 200 || predictions !== expected) tally.faults.push(`${response.status} ${JSON.stringify(answer)}`);
  } catch (error) {
    tally.faults.push(String(error));
  }
}

/** Milliseconds of each answer of `/healthz`, until told to stop. */
async function watchHealth(url: string, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const startedAt = performance.now();
    await (await fetch(`${url}/healthz`)).arrayBuffer();
    times.push(performance.now() - startedAt);
    await wait(HEALTH_EVERY_MS);
  }
  return times.sort((a, b) => a - b);
}

/** Writes the index with one of two packages, over and over; each time when the server has loaded what was written before. */
async function exchange(server: BuiltServer, packages: FixturePackage[], dir: string, reloads: number): Promise<void> {
  const done = (): number => server.records.filter(({ event }) => event === 'reloaded' || event === 'reload-refused').length;
  for (let i = 0; i < reloads; i++) {
    writeFixtures([packages[(i + 1) % 2]], dir);
    process.kill(server.pid, 'SIGHUP');
    while (done() <= i) await wait(20);
  }
}

async function run({ values: { reloads, clients } }: Line<typeof settings>): Promise<boolean> {
  const packages = await Promise.all(
    [1, 2].map((phase) => createFixturePackage({ version: String(phase).repeat(12), weightsPhase: phase })),
  );
  const folder = writeFixtures([packages[0]]);
  const entry = await buildServer();
  const server = await startBuiltServer(entry, { MODELS_DIR: folder.dir, WORKERS: '2', WATCH_MODELS: 'false' });
  const body = new Uint8Array(await gradientImage().png().toBuffer());
  const tally: Tally = { byVersion: new Map(), answers: 0, faults: [] };
  let isOver = false;
  const asking = Array.from({ length: clients }, async () => {
    while (!isOver) await ask(server.url, body, tally);
  });
  const health = watchHealth(server.url, () => isOver);
  await exchange(server, packages, folder.dir, reloads);
  isOver = true;
  await Promise.all(asking);
  const times = await health;
  const loaded = server.records.filter(({ event, result }) => event === 'reloaded' && result === 'loaded').length;
  await server.stop();
  folder.remove();
  rmSync(path.dirname(entry), { recursive: true });
  for (const fault of tally.faults.slice(0, 10)) console.error(fault);
  const healthzMs = { half: times[Math.floor(times.length / 2)], p99: times[Math.floor(times.length * 0.99)], most: times.at(-1) };
  const pass = tally.faults.length === 0 && loaded === reloads && tally.byVersion.size === 2;
  console.log(
    JSON.stringify({
      reloads: loaded,
      answers: tally.answers,
      faults: tally.faults.length,
      versions: tally.byVersion.size,
      healthzMs,
      pass,
    }),
  );
  return pass;
}

await runBench({ name: 'dev:reload', summary: 'Are answers lost or mixed while models are exchanged?', settings, run });
