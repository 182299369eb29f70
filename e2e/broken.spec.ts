import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright/test';
import { ROOT } from './harness/server.ts';
import { startStaticHost } from './harness/static-host.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

/** One of each kind of break in a real browser; all combinations with every file are web-client/offline/broken-updates.test.ts. */

async function answersFirstSample(page: Page): Promise<void> {
  await page.locator('.sample').first().click();
  await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
}

/** Changes a byte of every file that the browser keeps. */
async function damageEveryFile(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let damaged = 0;
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const stored = (await cache.match(request))!;
        const bytes = new Uint8Array(await stored.arrayBuffer());
        bytes[bytes.length >> 1] ^= 1;
        await cache.put(request, new Response(bytes, { headers: stored.headers }));
        damaged++;
      }
    }
    return damaged;
  });
}

test('mends itself at the next load after a byte of every file that it kept was damaged', async ({ page, server }) => {
  await page.goto(server.url);
  await readyOffline(page);
  expect(await damageEveryFile(page)).toBeGreaterThan(10);
  await page.reload();
  // The pictures to try are mended with everything else, before this is said.
  await readyOffline(page);
  await answersFirstSample(page);
});

test('two deployments of an origin are both ready, and work offline by themselves', async ({ context, page, packages }) => {
  const host = await startStaticHost(packages.dir);
  const second = host.url.replace('/app/', '/app2/');
  await page.goto(host.url);
  await readyOffline(page);
  const other = await context.newPage();
  await other.goto(second);
  await readyOffline(other);
  await expect(page.locator('#offline-badge')).toHaveText('Ready offline');
  await expect(page.locator('#notices')).toBeEmpty();
  await host.close();
  for (const [tab, url] of [
    [page, host.url],
    [other, second],
  ] as const) {
    await tab.goto(url);
    await settled(tab);
    await answersFirstSample(tab);
  }
});

test('works from memory where the browser refuses every kind of storage, and says so', async ({ page, server }) => {
  await page.addInitScript(() => {
    const refuse = {
      get: () => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      },
    };
    for (const name of ['localStorage', 'sessionStorage', 'caches', 'indexedDB']) Object.defineProperty(window, name, refuse);
    for (const name of ['serviceWorker', 'storage']) Object.defineProperty(navigator, name, refuse);
  });
  await page.goto(server.url);
  await settled(page);
  await expect(page.locator('#offline-badge')).toHaveText('Works from memory');
  await answersFirstSample(page);
  await page.getByText('This device', { exact: true }).click();
  await expect(page.locator('#details')).toContainText('the page works from memory until it is closed');
});

test('says what to do where it was opened as a file', async ({ page, guard }) => {
  guard.allow(/CORS|Failed to load resource|file:/);
  await page.goto(pathToFileURL(path.join(ROOT, 'web-client/dist/index.html')).href);
  await expect(page.getByText('Browsers run no program from there')).toBeVisible({ timeout: 12_000 });
  await expect(page.getByText('npx serve')).toBeVisible();
});

test('says within 15 seconds that a file hangs, and the old model answers meanwhile', async ({ page, packages, guard }) => {
  guard.allow(/Failed to load resource/);
  const host = await startStaticHost(packages.dir);
  host.fault = (file) => (/assets\/worker-/.test(file) ? 'hang' : null);
  await page.goto(host.url);
  await expect(page.getByRole('alert')).toContainText('A part of this page could not be loaded', { timeout: 15_000 });
  await expect(page.getByRole('alert')).toContainText('it has not come for 10 s');
  host.fault = () => null;
  await page.reload();
  await readyOffline(page);
  // The list of models and all files hang from now on.
  host.fault = () => 'hang';
  await page.reload();
  await settled(page);
  await answersFirstSample(page);
  await host.close();
});
