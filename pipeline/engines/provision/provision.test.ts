import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startThread } from '../../support/thread.ts';
import { inspectEngine, probeEngine, platformObstacle, provisionTensorflow } from './index.ts';
import { defaultCacheDir } from '../../support/cache-dir.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'provision-test-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const supported = platformObstacle() === null;
const cached =
  supported &&
  (await inspectEngine(defaultCacheDir(), { contents: false })).some(({ device, damaged }) => device === 'cpu' && damaged.length === 0);

test.skipIf(!supported)(
  'offline with an empty cache: one line that names the way out (skipped where TensorFlow has no wheel)',
  async () => {
    await expect(provisionTensorflow({ offline: true, cacheDir: folder, device: 'cpu' })).rejects.toMatchObject({
      code: 'OFFLINE',
      message: expect.stringContaining('SLD_EDGE_TENSORFLOW_WHEEL='),
    });
  },
);

test.skipIf(!supported)('a wheel that is not there is named (skipped where TensorFlow has no wheel)', async () => {
  vi.stubEnv('SLD_EDGE_TENSORFLOW_WHEEL', join(folder, 'absent.whl'));
  await expect(provisionTensorflow({ cacheDir: folder })).rejects.toMatchObject({
    code: 'WHEEL_MISSING',
    message: expect.stringContaining('absent.whl'),
  });
});

test.skipIf(!supported)(
  'a machine without compiler and pip is told all that is missing, with commands (skipped where TensorFlow has no wheel)',
  async () => {
    vi.stubEnv('PATH', folder);
    vi.stubEnv('CXX', '');
    const missing = provisionTensorflow({ cacheDir: join(folder, 'cache'), device: 'cpu' });
    await expect(missing).rejects.toMatchObject({
      code: 'PREREQUISITES_MISSING',
      message: expect.stringMatching(/C\+\+ compiler \(.*g\+\+.*\), make \(.*\), python3 \(.*\).*pip \(/),
    });
  },
);

test.skipIf(!supported)('a damaged wheel leaves no engine and no working folder (skipped where TensorFlow has no wheel)', async () => {
  const wheel = join(folder, 'tensorflow.whl');
  writeFileSync(wheel, 'no zip archive');
  vi.stubEnv('SLD_EDGE_TENSORFLOW_WHEEL', wheel);
  await expect(provisionTensorflow({ cacheDir: join(folder, 'cache'), device: 'cpu' })).rejects.toMatchObject({
    code: expect.stringMatching(/WHEEL_CORRUPT|PREREQUISITES_MISSING|DISK_FULL/),
  });
  expect(readdirSync(join(folder, 'cache', 'engines'))).toEqual([]);
});

test('a binding that does not load fails the probe and not the run', async () => {
  const binding = join(folder, 'tfjs_binding.node');
  writeFileSync(binding, 'no library');
  const probe = await probeEngine({ bindingPath: binding });
  expect(probe.ok).toBe(false);
  expect(probe.message).toMatch(/Error: .*(file too short|invalid ELF header|tfjs_binding)/);
});

test.skipIf(!cached)('the cached engine computes right in a child process (skipped until an engine is provisioned)', async () => {
  const { bindingPath, wasCached } = await provisionTensorflow({ offline: true, device: 'cpu' });
  expect(wasCached).toBe(true);
  expect(await probeEngine({ bindingPath })).toEqual({
    ok: true,
    message: 'matMul and conv2d are right on tensorflow',
    usesGpu: false,
    tensorflowVersion: expect.stringMatching(/^2\./),
  });
});

test.skipIf(!cached)('one worker thread after the other loads it and computes (skipped until an engine is provisioned)', async () => {
  const { bindingPath } = await provisionTensorflow({ offline: true, device: 'cpu' });
  for (let run = 0; run < 3; run++) {
    const worker = startThread(new URL('../../testing/load-engine-worker.ts', import.meta.url), { bindingPath });
    const sum = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(sum).toBe(12);
    await worker.terminate();
  }
});
