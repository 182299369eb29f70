import type { Page } from 'playwright/test';
import { picture, violations, widerThanScreen } from './harness/appearance.ts';
import { startStaticHost } from './harness/static-host.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

/**
 * The page in its states, as pictures (attached; also written to `SCREENSHOT_DIR` where that is set) and
 * checked against WCAG 2.2 A and AA by axe: contrast, names, roles, structure.
 */

async function answer(page: Page): Promise<void> {
  // The second time, so that the figures shown are not those of a first, cold run.
  const samples = await page.locator('.sample').count();
  for (const sample of [0, 6 % samples]) {
    await page.locator('.sample').nth(sample).click();
    await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
    await expect(page.locator('#answer')).not.toHaveAttribute('aria-busy', 'true');
  }
  await page.mouse.move(0, 0);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('before and after an answer', async ({ open }) => {
      const page = await open();
      await readyOffline(page);
      await picture(page, `${colorScheme}-empty`);
      expect(await violations(page)).toEqual([]);
      await answer(page);
      await picture(page, colorScheme);
      expect(await violations(page)).toEqual([]);
      await page.getByText('This device', { exact: true }).click();
      await expect(page.locator('#details')).toContainText('Storage');
      await picture(page, `${colorScheme}-details`);
      expect(await violations(page)).toEqual([]);
      expect(await widerThanScreen(page)).toEqual([]);
    });

    test('an error', async ({ open }) => {
      const page = await open();
      await readyOffline(page);
      await page.locator('#file').setInputFiles({ name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('Dear reader') });
      await expect(page.getByRole('alert')).toBeVisible();
      await picture(page, `${colorScheme}-error`);
      expect(await violations(page)).toEqual([]);
    });
  });
}

test('dark is dark', async ({ page, server }) => {
  const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(server.url);
  expect(await ground()).toBe('rgb(245, 246, 251)');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await ground()).toBe('rgb(16, 18, 31)');
});

test('runs from right to left, with everything open, on the narrowest phone', async ({ open, page }) => {
  await page.addInitScript(() => document.addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl')));
  await page.setViewportSize({ width: 320, height: 640 });
  await open();
  await answer(page);
  await page.getByText('Models', { exact: true }).click();
  await expect(page.locator('.variants').first()).toBeVisible();
  await page.getByText('This device', { exact: true }).click();
  await expect(page.locator('#details')).toContainText('Storage');
  await picture(page, 'right-to-left');
  expect(await widerThanScreen(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  const bar = page.locator('.chart .bar').first();
  const track = page.locator('.chart .track').first();
  const right = (box: { x: number; width: number } | null): number => Math.round(box!.x + box!.width);
  expect(right(await bar.boundingBox())).toBe(right(await track.boundingBox()));
});

test('asks for nothing in vain when the models are listed before one is kept', async ({ page, packages }) => {
  const host = await startStaticHost(packages.dir);
  const { name, version, samples } = packages.manifest;
  let asked = 0;
  host.fault = (file) => (file.endsWith(`${name}/${version}/${samples.at(-1)!.file.path}`) && ++asked > 1 ? 'hang' : null);
  await page.goto(host.url);
  await settled(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.getByText('Models', { exact: true }).click();
  await expect(page.locator('.variants').first()).toBeVisible();
  await expect(page.locator('#models')).not.toContainText('on this device');
  await host.close();
});

test('holds still for those who ask for less motion', async ({ open, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open();
  await page.locator('.sample').first().click();
  const bar = page.locator('.bar').first();
  await expect(bar).toBeVisible();
  expect(await bar.evaluate((node) => getComputedStyle(node).animationName)).toBe('none');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });

  test('fits, offers the camera, and answers', async ({ open }) => {
    const page = await open();
    await readyOffline(page);
    await expect(page.getByRole('button', { name: 'Take a photo' })).toBeVisible();
    await expect(page.locator('#camera')).toHaveAttribute('capture', 'environment');
    await answer(page);
    expect(await widerThanScreen(page)).toEqual([]);
    await picture(page, 'phone');
    expect(await violations(page)).toEqual([]);
    const small = await page
      .locator('button:visible')
      .evaluateAll((nodes) => nodes.filter((node) => node.getBoundingClientRect().height < 24).map((node) => node.outerHTML));
    expect(small).toEqual([]);
  });

  test('holds still while it loads: a layout shift below 0.05', async ({ open, page }) => {
    await page.addInitScript(() => {
      const shifts = ((window as unknown as { shifts: number[] }).shifts = [] as number[]);
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as PerformanceEntry & { value: number }).value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await open();
    await readyOffline(page);
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.05);
  });

  test('fits the narrowest phone', async ({ open, page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open();
    await answer(page);
    await readyOffline(page);
    expect(await widerThanScreen(page)).toEqual([]);
    // Text as far apart as WCAG 1.4.12 asks for stands for a wider font and for longer words.
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.insertRule('* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }');
      document.adoptedStyleSheets = [sheet];
    });
    expect(await widerThanScreen(page)).toEqual([]);
    await page.getByText('Models', { exact: true }).click();
    await expect(page.locator('.variants').first()).toBeVisible();
    await page.getByText('This device', { exact: true }).click();
    await expect(page.locator('#details')).toContainText('Storage');
    expect(await widerThanScreen(page)).toEqual([]);
  });

  test('fits the narrowest phone while it is slow, with every button and the longest words', async ({ page, packages }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    const host = await startStaticHost(packages.dir);
    // The service worker waits for its last sample, so that the page goes on saving.
    let asked = 0;
    host.fault = (file) => (file.endsWith(packages.manifest.samples.at(-1)!.file.path) && ++asked > 1 ? 'hang' : null);
    await page.goto(host.url);
    await settled(page);
    await answer(page);
    await expect(page.getByRole('button', { name: 'Stop saving' })).toBeVisible({ timeout: 20_000 });
    await page.evaluate(() => window.dispatchEvent(new Event('beforeinstallprompt')));
    await expect(page.getByRole('button', { name: 'Install' })).toBeVisible();
    for (const badge of ['Saving for offline use: 100 %', 'Earlier model saved offline', 'Not saved for offline use']) {
      await page.locator('#offline-badge').evaluate((node, text) => (node.textContent = text), badge);
      expect(await widerThanScreen(page)).toEqual([]);
    }
    await page.evaluate(() => {
      for (const figure of document.querySelectorAll('.facts dd, .facts small, .chart-value')) figure.prepend('123456.7 ms ');
      for (const label of document.querySelectorAll('.headline strong, .chart-label, .sample span, #title'))
        label.textContent = 'Rinderkennzeichnungsfleischetikettierungsueberwachung';
    });
    expect(await widerThanScreen(page)).toEqual([]);
    await host.close();
  });
});
