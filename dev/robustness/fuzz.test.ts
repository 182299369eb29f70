import { rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { buildServer, startBuiltServer } from '../../server/testing/built-server.ts';
import { writeModelsFolder } from '../../server/testing/models-folder.ts';
import { fuzzServer, MOST_BYTES } from './fuzz/fuzz-server.ts';

it('gives each of some dozens of mutated files an answer that is allowed, loses no worker for good and stays within its memory', async () => {
  const folder = await writeModelsFolder();
  const entry = await buildServer();
  const server = await startBuiltServer(entry, { MODELS_DIR: folder.dir, WORKERS: '2' });
  onTestFinished(async () => {
    await server.stop();
    folder.remove();
    rmSync(path.dirname(entry), { recursive: true });
  });
  const { answers, faults, peakBytes } = await fuzzServer(server, { seed: 12, files: 60 });
  expect(faults).toEqual([]);
  expect(Object.values(answers).reduce((sum, count) => sum + count, 0)).toBe(60);
  expect(answers['200']).toBeGreaterThan(0);
  expect(peakBytes).toBeLessThan(MOST_BYTES);
});
