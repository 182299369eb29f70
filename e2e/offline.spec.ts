import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { copyPackage } from './harness/packages.ts';
import { ROOT, startServer } from './harness/server.ts';
import { startStaticHost, type Fault } from './harness/static-host.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

/** What Chromium writes for a request that a test makes fail. */
const FAILED_LOAD = /Failed to load resource/;

const versionOf = (page: Page): Promise<string | undefined> => page.evaluate(() => window.sldEdge.status().engine?.version);

async function answersFirstSample(page: Page): Promise<void> {
  await page.locator('.sample').first().click();
  await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
}

test('works with the server stopped, in a new page and after a reload, without a failed request', async ({ context, page, packages }) => {
  const server = await startServer(packages.dir);
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

test('is not called ready before every byte is stored, and is told apart from online use', async ({ page, packages }) => {
  const host = await startStaticHost(packages.dir);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const phases: string[] = [];
  await page.exposeFunction('phase', (phase: string) => void phases.push(phase));
  await page.addInitScript(() => {
    const report = (window as unknown as { phase: (phase: string) => void }).phase;
    new BroadcastChannel('sld-edge-offline').addEventListener('message', ({ data }) => {
      report(data.phase === 'downloading' ? `${data.doneBytes}/${data.totalBytes}` : data.phase);
    });
  });
  release();
  await held;
  await page.goto(host.url);
  await readyOffline(page);
  const ready = phases.indexOf('ready');
  const last = phases.slice(0, ready).at(-1)!;
  expect(last.split('/')[0]).toBe(last.split('/')[1]);
  const done = phases.slice(0, ready).map((phase) => Number(phase.split('/')[0]) / Number(phase.split('/')[1]));
  expect(Math.max(...done)).toBe(1);
  await host.close();
});

test('gets a new package at the next visit, and keeps the old one while the new one cannot be had whole', async ({ page, packages, guard }) => {
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

/** The build as it is, with one more line in the page and the service worker that belongs to it. */
function nextBuild(): Fault {
  const dist = path.join(ROOT, 'web-client/dist');
  const page = readFileSync(path.join(dist, 'index.html'), 'utf8');
  const nextPage = page.replace('<head>', '<head><meta name="build" content="next">');
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const serviceWorker = readFileSync(path.join(dist, 'sw.js'), 'utf8');
  const version = /version:\s*[`"']([0-9a-f]{12})[`"']/.exec(serviceWorker)![1];
  const nextWorker = serviceWorker
    .replace(version, 'eeeeeeeeeeee')
    .replace(sha256(page), sha256(nextPage))
    .replace(new RegExp(`bytes:\\s*${Buffer.byteLength(page)}\\b`), `bytes:${Buffer.byteLength(nextPage)}`);
  return (file) => {
    if (file === 'index.html') return { body: nextPage };
    return file === 'sw.js' ? { body: nextWorker } : null;
  };
}

test('a new version of the page takes over whole, or not at all', async ({ page, packages }) => {
  const host = await startStaticHost(packages.dir);
  await page.goto(host.url);
  await readyOffline(page);
  const build = (): Promise<number> => page.locator('meta[name=build]').count();

  const complete = nextBuild();
  host.fault = (file, bytes) => (file.endsWith('.svg') ? { body: 'not the icon' } : complete(file, bytes));
  await page.reload();
  await settled(page);
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update().catch(() => undefined));
  await page.reload();
  await settled(page);
  expect(await build()).toBe(0);
  await answersFirstSample(page);

  host.fault = complete;
  await page.reload();
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  const notice = page.locator('.notice', { hasText: 'A new version of this page is ready' });
  await expect(notice).toBeVisible();
  expect(await build()).toBe(0);
  await notice.getByRole('button', { name: 'Reload' }).click();
  await expect(page.locator('meta[name=build]')).toHaveCount(1);
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
