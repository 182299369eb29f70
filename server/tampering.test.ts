/** A package of which any one file is not the original: not served, not computed with, the file named. */
import type { AppError } from '@sld-edge/runtime';
import { createFixturePackage, tamperings } from '@sld-edge/runtime/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createImageClassifiers } from './inference/image-classifiers.ts';
import type { InferenceSetup } from './inference/protocol.ts';
import { startServer } from './start.ts';
import { writeFixtures } from './testing/models-folder.ts';
import { testConfig } from './testing/test-config.ts';
import { readSetup } from './testing/test-server.ts';

const pkg = await createFixturePackage({ everyKind: true });
const other = await createFixturePackage({ everyKind: true, version: 'ba9876543210', weightsPhase: 0.25 });
const cases = [...tamperings(pkg.files, other.files)];

describe('the server', () => {
  it.each(cases)('never becomes ready with $what', async ({ file, files, missing }) => {
    const folder = writeFixtures([{ ...pkg, files }]);
    onTestFinished(folder.remove);
    const records: Record<string, unknown>[] = [];
    const config = testConfig(folder.dir, { drainTimeoutMs: 1000 });
    const server = await startServer(config, (record) => records.push(record));
    await server.loaded;
    try {
      const url = `http://127.0.0.1:${server.port}`;
      const ready = await fetch(`${url}/readyz`);
      expect(ready.status).toBe(503);
      const code = missing ? 'PACKAGE_FILE_MISSING' : 'PACKAGE_FILE_CORRUPT';
      expect(((await ready.json()) as { detail: string }).detail).toContain(`${code}: The package's file "${file}"`);
      // Neither its answers nor its files are given out.
      for (const request of [
        fetch(`${url}/classify`, { method: 'POST', body: 'x' }),
        fetch(`${url}/models`),
        fetch(`${url}/models/shapes/0123456789ab/${file}`),
      ])
        expect((await request).status).toBe(503);
      expect(records.filter(({ event }) => event === 'failed')).toEqual([expect.objectContaining({ code })]);
      expect(records.map(({ event }) => event)).not.toContain('ready');
    } finally {
      await server.drain();
    }
  });
});

/** Loads what a worker loads: the default variant at the start, each other by a picture, which is none. */
async function loadEveryVariant(setup: InferenceSetup): Promise<void> {
  const classifiers = await createImageClassifiers(setup, {
    onOpened: () => undefined,
    onClosed: () => undefined,
    onDemotion: () => undefined,
    onThreadLost: () => undefined,
  });
  const [{ name: model, version, variants }] = setup.packages;
  for (const variant of variants) {
    const error = await classifiers
      .classify({ bytes: new Uint8Array(1), model, version, variant, topK: 1 })
      .catch((thrown: unknown) => thrown);
    if ((error as AppError).code !== 'IMAGE_NOT_RECOGNISED') throw error;
  }
}

describe('a worker', () => {
  // What it does not compute with it does not read.
  it.each(cases.filter(({ file }) => /^(manifest\.json|goldens\/(?!layers)|tfjs\/|integer\/)/.test(file)))(
    'loads no model with $what, though it was whole when the server started',
    async ({ file, files, missing }) => {
      const whole = writeFixtures([pkg]);
      const setup = await readSetup(whole.dir);
      whole.remove();
      const folder = writeFixtures([{ ...pkg, files }]);
      onTestFinished(folder.remove);
      await expect(loadEveryVariant({ ...setup, modelsDir: folder.dir })).rejects.toMatchObject({
        code: missing ? 'PACKAGE_FILE_MISSING' : 'PACKAGE_FILE_CORRUPT',
        details: { file },
      });
    },
  );
});
