import { startServerProcess } from './harness/server.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

test.describe.configure({ timeout: 240_000 });

/** No adapter is a reason to skip, in view; an adapter and another backend in the answer is a failure. */
test.beforeEach(async ({ page, server, packages }) => {
  test.skip(!packages.manifest.variants.integer, 'the package has no integer variant');
  await page.goto(`${server.url}?backend=wasm`);
  await settled(page);
  const adapter = await page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    return Boolean(await gpu?.requestAdapter());
  });
  test.skip(!adapter, 'this browser offers no WebGPU adapter');
});

test('answers on WebGPU with the integers of WebAssembly, works offline from then on, and asks for nothing of TensorFlow.js', async ({
  page,
  packages,
}) => {
  const server = await startServerProcess(packages.dir);
  await page.goto(`${server.url}?backend=wasm`);
  await settled(page);
  const sample = packages.manifest.samples[0].file.path;
  const { name, version } = packages.manifest;
  const answer = (): Promise<{ backend: string; variant: string; predictions: object[] }> =>
    page.evaluate(async (url) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      const { backend, variant, predictions } = await window.sldEdge.classify(bytes);
      return { backend, variant, predictions };
    }, `models/${name}/${version}/${sample}`);
  const onWasm = await answer();
  expect(onWasm).toMatchObject({ backend: 'wasm', variant: 'integer' });

  const asked: string[] = [];
  page.context().on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`${server.url}?backend=webgpu`);
  await settled(page);
  const status = await page.evaluate(() => window.sldEdge.status().engine);
  expect(status).toMatchObject({ backend: 'webgpu', variant: 'integer', rejected: [], goldenError: 0 });
  test.info().annotations.push({ type: 'adapter', description: status!.backendDescription });
  expect(await answer()).toEqual({ ...onWasm, backend: 'webgpu' });
  expect(asked.filter((path) => path.includes('/assets/tfjs/'))).toEqual([]);
  expect(asked.filter((path) => path.includes('/assets/webgpu/'))).not.toEqual([]);

  await page.locator('.sample').first().click();
  await expect(page.locator('.facts')).toContainText('WebGPU, integers');
  await readyOffline(page);
  await server.stop();
  await page.reload();
  await settled(page);
  expect(await answer()).toEqual({ ...onWasm, backend: 'webgpu' });
});

test('a page that computes elsewhere keeps none of its kernels', async ({ open }) => {
  const page = await open();
  await readyOffline(page);
  const kept = await page.evaluate(async () => {
    const urls: string[] = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) urls.push(url);
    return urls;
  });
  expect(kept.filter((url) => url.includes('/assets/'))).not.toEqual([]);
  expect(kept.filter((url) => /\/assets\/(webgpu|tfjs)\//.test(url))).toEqual([]);
});
