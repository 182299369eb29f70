/** Threads of the built server, whose bundle starts its helper threads from a file of its own, on the package of this repository. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildServer, startBuiltServer } from './testing/built-server.ts';

const MODELS_DIR = fileURLToPath(new URL('../models', import.meta.url));
const MODEL = 'fashion-mnist';
const { packages } = JSON.parse(readFileSync(path.join(MODELS_DIR, 'index.json'), 'utf8')) as { packages: unknown[] };
let entry: string;
beforeAll(async () => void (entry = await buildServer()));
afterAll(() => rmSync(path.dirname(entry), { recursive: true }));

async function answersOf(threads: number) {
  const server = await startBuiltServer(entry, { MODELS_DIR, WORKERS: '1', INFERENCE_THREADS: String(threads) });
  const get = async (pathname: string) => (await (await fetch(server.url + pathname)).json()) as Record<string, Record<string, unknown>[]>;
  try {
    const predictions: unknown[] = [];
    for (const side of [28, 40, 64]) {
      const body = new Uint8Array(await gradientImage(side, side).png().toBuffer());
      const response = await fetch(`${server.url}/classify?model=${MODEL}&topK=10`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'image/png' },
      });
      predictions.push(((await response.json()) as { predictions: unknown }).predictions);
    }
    const { models } = (await get('/models')) as unknown as { models: { name: string; variants: { name: string; threads: number }[] }[] };
    const { variants } = models.find(({ name }) => name === MODEL)!;
    return {
      predictions,
      listening: server.records.find(({ event }) => event === 'listening'),
      health: await get('/healthz'),
      warmed: (await get('/readyz')).models,
      variants: Object.fromEntries(variants.map(({ name, threads }) => [name, threads])),
      lost: server.records.filter(({ event }) => event === 'thread-lost'),
    };
  } finally {
    await server.stop();
  }
}

/** The default variants of the repository's packages are `integer`. */
const everyDefault = (threads: number): object[] => packages.map(() => ({ variant: 'integer', threads }));

it('gives the same probabilities with two threads an image as with one, and says which', async () => {
  const [one, two] = [await answersOf(1), await answersOf(2)];
  expect(two.predictions).toEqual(one.predictions);
  expect(one).toMatchObject({ listening: { inferenceThreads: 1 }, warmed: everyDefault(1) });
  expect(two).toMatchObject({
    listening: { inferenceThreads: 2 },
    health: { status: 'ok', inferenceThreads: 2 },
    warmed: everyDefault(2),
    variants: { integer: 2, uint8: 1 },
    lost: [],
  });
});
