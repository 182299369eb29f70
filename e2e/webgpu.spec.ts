import { copyPackage } from './harness/packages.ts';
import { startServerProcess, type Server } from './harness/server.ts';
import { expect, settled, test } from './harness/test.ts';

test.describe.configure({ timeout: 240_000 });

/** No adapter is a reason to skip, in view; an adapter and another backend in the answer is a failure. */
test.beforeEach(async ({ page, server }) => {
  await page.goto(`${server.url}?variant=uint8&backend=tfjs-wasm`);
  const adapter = await page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    return Boolean(await gpu?.requestAdapter());
  });
  test.skip(!adapter, 'this browser offers no WebGPU adapter');
});

test('answers on WebGPU when it is asked for by name, within the golden tolerance', async ({ open, packages }) => {
  const page = await open('?variant=uint8&backend=tfjs-webgpu');
  const status = await page.evaluate(() => window.sldEdge.status().engine);
  expect(status).toMatchObject({ backend: 'tfjs-webgpu', rejected: [] });
  test.info().annotations.push({ type: 'adapter', description: `${status!.adapter}; golden error ${status!.goldenError}` });
  await page
    .getByRole('button', { name: `Try the sample labelled ${packages.manifest.samples[0].label}` })
    .first()
    .click();
  await expect(page.locator('.facts')).toContainText('WebGPU');
});

test('is passed over on a software adapter when nothing was asked for, and says why', async ({ open }) => {
  const page = await open('?variant=uint8');
  const status = await page.evaluate(() => window.sldEdge.status().engine);
  test.skip(!status!.adapter?.includes('(software)'), `a hardware adapter: ${status!.adapter}`);
  expect(status!.backend).toBe('tfjs-wasm');
  expect(status!.rejected).toEqual([{ backend: 'tfjs-webgpu', reason: expect.stringContaining('computes on the CPU') }]);
});

test.describe('a package whose goldens WebGPU misses and WASM meets', () => {
  let server: Server;
  let remove: () => void;

  test.beforeAll(async ({ packages }) => {
    const copy = copyPackage(packages);
    const classes = copy.manifest.labels.length;
    copy.changeGoldens((goldens) => {
      goldens.tolerance.wasm = 100;
    });
    copy.changeGoldenLogits((logit, i) => (i % classes === 0 ? logit + 1 : logit));
    remove = copy.remove;
    server = await startServerProcess(copy.dir);
  });

  test.afterAll(async () => {
    await server?.stop();
    remove?.();
  });

  test('is answered by WASM, with the reason in view', async ({ page }) => {
    await page.goto(`${server.url}?variant=uint8&backend=tfjs-webgpu,tfjs-wasm`);
    await settled(page);
    const status = await page.evaluate(() => window.sldEdge.status().engine);
    expect(status!.backend).toBe('tfjs-wasm');
    expect(status!.rejected).toEqual([{ backend: 'tfjs-webgpu', reason: expect.stringContaining('golden') }]);
    await page.getByText('This device', { exact: true }).click();
    await expect(page.locator('#details')).toContainText('does not reproduce the golden logits');
  });

  test('is not answered at all when WebGPU alone was asked for', async ({ page }) => {
    await page.goto(`${server.url}?variant=uint8&backend=tfjs-webgpu`);
    await settled(page);
    await expect(page.getByRole('alert')).toContainText('BACKEND_GOLDEN_MISMATCH');
    expect(await page.evaluate(() => window.sldEdge.status().engine)).toBeNull();
  });
});

test('goes on with WASM, visibly, when the GPU process dies', async ({ open, browser }) => {
  const page = await open('?variant=uint8&backend=tfjs-webgpu,tfjs-wasm');
  expect(await page.evaluate(() => window.sldEdge.status().engine?.backend)).toBe('tfjs-webgpu');
  await (await browser.newBrowserCDPSession()).send('Browser.crashGpuProcess');
  await page.locator('.sample').first().click();
  await expect(page.locator('#notices')).toContainText('WebGPU was stopped; WebAssembly answers from here on');
  await expect(page.locator('.facts')).toContainText('WebAssembly');
});
