import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { copyPackage } from './harness/packages.ts';
import { ROOT, startServerProcess } from './harness/server.ts';
import { startStaticHost, type Fault } from './harness/static-host.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

/** Message that Chromium writes for a request that a test makes fail. */
const FAILED_LOAD = /Failed to load resource/;

const versionOf = (page: Page): Promise<string | undefined> => page.evaluate(() => window.sldEdge.status().engine?.version);

async function answersFirstSample(page: Page): Promise<void> {
  await page.locator('.sample').first().click();
  await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
}

test('works with the server stopped, in a new page and after a reload, without a failed request', async ({ context, page, packages }) => {
  const server = await startServerProcess(packages.dir);
  await page.goto(server.url);
  await readyOffline(page);
  await page.close();
  await server.stop();
  await expect(fetch(server.url)).rejects.toThrow();

  const failed: string[] = [];
  const offline = await context.newPage();
  offline.on('requestfailed', (request) => failed.push(request.url()));
  offline.on('response', (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
  });
  await offline.goto(server.url);
  for (const way of ['first', 'reloaded']) {
    if (way === 'reloaded') await offline.reload();
    await settled(offline);
    for (let i = 0; i < packages.manifest.samples.length; i++) {
      await offline.locator('.sample').nth(i).click();
      await expect(offline.locator('#answer')).not.toHaveAttribute('aria-busy', 'true');
      await expect(offline.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
    }
    await readyOffline(offline);
    expect(await offline.evaluate(() => window.crossOriginIsolated)).toBe(true);
  }
  expect(failed).toEqual([]);
});

test('computes the integer variant with the server stopped', async ({ context, page, packages }) => {
  test.skip(!packages.manifest.variants.integer, 'the package has no integer variant');
  const server = await startServerProcess(packages.dir);
  const url = `${server.url}?variant=integer`;
  await page.goto(url);
  await readyOffline(page);
  await page.close();
  await server.stop();

  const offline = await context.newPage();
  await offline.goto(url);
  await settled(offline);
  await answersFirstSample(offline);
  expect(await offline.evaluate(() => window.sldEdge.status().engine)).toMatchObject({
    variant: 'integer',
    backend: expect.stringMatching(/^wasm/),
    goldenError: 0,
    rejected: [],
  });
});

test('is called ready when the last byte is verified, and not before', async ({ page, packages, guard }) => {
  guard.allow(FAILED_LOAD);
  const host = await startStaticHost(packages.dir);
  const news: { phase: string; doneBytes: number; totalBytes: number }[] = [];
  await page.exposeFunction('tellTest', (state: (typeof news)[number]) => void news.push(state));
  await page.addInitScript(() => {
    const tell = (window as unknown as { tellTest: (state: unknown) => void }).tellTest;
    new BroadcastChannel(`sld-edge:${encodeURIComponent(location.pathname)}:offline`).addEventListener('message', ({ data }) => tell(data));
  });

  const sample = packages.manifest.samples.at(-1)!.file.path;
  host.fault = (file) => (file.endsWith(sample) ? { body: 'not that image' } : null);
  await page.goto(host.url);
  await expect(page.locator('#offline-badge')).toHaveText('Not saved for offline use', { timeout: 30_000 });
  expect(news.at(-1)).toMatchObject({ phase: 'failed', cause: 'refused', reason: expect.stringContaining(sample) });
  expect(news.map(({ phase }) => phase)).not.toContain('ready');

  host.fault = () => null;
  await page.reload();
  await readyOffline(page);
  const downloads = news.filter(({ phase }) => phase === 'downloading');
  const last = downloads.at(-1)!;
  expect(last.doneBytes).toBe(last.totalBytes);
  for (const [i, { doneBytes, totalBytes }] of downloads.entries()) {
    expect(doneBytes).toBeLessThanOrEqual(totalBytes);
    if (downloads[i - 1]?.totalBytes === totalBytes) expect(doneBytes).toBeGreaterThan(downloads[i - 1].doneBytes);
  }
  await host.close();
});

test('gets a new package at the next visit, and keeps the old one while the new one cannot be had whole', async ({
  page,
  packages,
  guard,
}) => {
  guard.allow(FAILED_LOAD);
  const copy = copyPackage(packages);
  const host = await startStaticHost(copy.dir);
  try {
    const before = copy.manifest.version;
    await page.goto(host.url);
    await readyOffline(page);
    expect(await versionOf(page)).toBe(before);

    const next = 'ffffffffffff';
    copy.changeVersion(next);
    host.fault = (file) => (file.includes(next) && file.endsWith('.bin') ? { status: 404, body: '' } : null);
    await page.reload();
    await settled(page);
    expect(await versionOf(page)).toBe(before);
    await expect(page.locator('#notices')).toContainText('an earlier one answers');
    await answersFirstSample(page);

    host.fault = () => null;
    await page.reload();
    await settled(page);
    expect(await versionOf(page)).toBe(next);
    await readyOffline(page);
    await expect(page.locator('#notices')).not.toContainText('an earlier one answers');
  } finally {
    await host.close();
    copy.remove();
  }
});

test('takes no web page for a file, and recovers at the next load', async ({ page, packages, guard }) => {
  guard.allow(FAILED_LOAD);
  const host = await startStaticHost(packages.dir);
  host.fault = (file) => (file.startsWith('models/') ? { type: 'text/html', body: '<!doctype html><title>home</title>' } : null);
  await page.goto(host.url);
  await settled(page);
  await expect(page.getByRole('alert')).toContainText('PACKAGE_FILE_MISSING');
  await expect(page.getByRole('alert')).toContainText('web page');

  host.fault = () => null;
  await page.reload();
  await readyOffline(page);
  await answersFirstSample(page);
  await host.close();
});

/** The build as it is under another version: a page that names it, and the service worker that belongs to it. */
function nextBuild(): Fault {
  const dist = path.join(ROOT, 'web-client/dist');
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const version = /name="build" content="([0-9a-f]{12})"/.exec(page)![1];
  const nextPage = page.replace(version, NEXT);
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const nextWorker = readFileSync(path.join(dist, 'sw.js'), 'utf8').replaceAll(version, NEXT).replaceAll(sha256(page), sha256(nextPage));
  return (file) => {
    if (file === 'index.html') return { body: nextPage };
    return file === 'sw.js' ? { body: nextWorker } : null;
  };
}

const NEXT = 'eeeeeeeeeeee';

test('a new version of the page takes over whole, or not at all', async ({ page, packages }) => {
  const host = await startStaticHost(packages.dir);
  await page.goto(host.url);
  await readyOffline(page);
  const build = (): Promise<string | null> => page.locator('meta[name=build]').getAttribute('content');
  const first = await build();

  const complete = nextBuild();
  host.fault = (file, bytes) => (file.endsWith('.svg') ? { body: 'not the icon' } : complete(file, bytes));
  await page.reload();
  await settled(page);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update().catch(() => undefined));
  await page.reload();
  await settled(page);
  expect(await build()).toBe(first);
  await answersFirstSample(page);

  // The browser may look for a new version by itself at any time; the page that is open must be told either way.
  host.fault = complete;
  const notice = page.locator('.notice', { hasText: 'A new version of this page is ready' });
  await expect(async () => {
    // Until the attempt before has failed for good, an update finds that one under way and starts none.
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
    await expect(notice).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 30_000 });
  expect(await build()).toBe(first);
  await notice.getByRole('button', { name: 'Reload' }).click();
  await expect(page.locator('meta[name=build]')).toHaveAttribute('content', NEXT);
  await readyOffline(page);
  await answersFirstSample(page);
  await host.close();
});

test('says so when the device has no room, and works on from memory', async ({ page, context, server }) => {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 200_000 });
  await page.goto(server.url);
  await settled(page);
  await expect(page.locator('#offline-badge')).toHaveText('No room to save offline');
  await answersFirstSample(page);
});

test('downloads again what the browser evicted', async ({ page, server }) => {
  await page.goto(server.url);
  await readyOffline(page);
  await page.evaluate(async () => {
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await page.reload();
  await readyOffline(page);
  const files = await page.evaluate(async () => {
    const kept = await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).length));
    return kept.reduce((sum, count) => sum + count, 0);
  });
  expect(files).toBeGreaterThan(10);
});
