/** Threads of the built server, whose bundle starts its helper threads from a file of its own, on the package of this repository. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildServer, startBuiltServer } from './testing/built-server.ts';

const MODELS_DIR = fileURLToPath(new URL('../models', import.meta.url));
let entry: string;
beforeAll(async () => void (entry = await buildServer()));
afterAll(() => rmSync(path.dirname(entry), { recursive: true }));

async function answersOf(threads: number) {
  const server = await startBuiltServer(entry, { MODELS_DIR, CONCURRENCY: '1', INFERENCE_THREADS: String(threads) });
  const get = async (pathname: string) => (await (await fetch(server.url + pathname)).json()) as Record<string, Record<string, unknown>[]>;
  try {
    const predictions: unknown[] = [];
    for (const side of [28, 40, 64]) {
      const body = new Uint8Array(await gradientImage(side, side).png().toBuffer());
      const response = await fetch(`${server.url}/classify?topK=10`, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
      predictions.push(((await response.json()) as { predictions: unknown }).predictions);
    }
    const [model] = (await get('/models')).models as unknown as { variants: { name: string; threads: number }[] }[];
    return {
      predictions,
      listening: server.records.find(({ event }) => event === 'listening'),
      health: await get('/healthz'),
      warmed: (await get('/readyz')).models,
      variants: Object.fromEntries(model.variants.map(({ name, threads }) => [name, threads])),
      lost: server.records.filter(({ event }) => event === 'thread-lost'),
    };
  } finally {
    await server.stop();
  }
}

it('gives the same probabilities with two threads an image as with one, and says which', async () => {
  const [one, two] = [await answersOf(1), await answersOf(2)];
  expect(two.predictions).toEqual(one.predictions);
  expect(one).toMatchObject({ listening: { inferenceThreads: 1 }, warmed: [{ variant: 'integer', threads: 1 }] });
  expect(two).toMatchObject({
    listening: { inferenceThreads: 2 },
    health: { status: 'ok', inferenceThreads: 2 },
    warmed: [{ variant: 'integer', threads: 2 }],
    variants: { integer: 2, uint8: 1 },
    lost: [],
  });
});
