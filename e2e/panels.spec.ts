import { readFileSync } from 'node:fs';
import type { Page } from 'playwright/test';
import sharp from 'sharp';
import { picture, violations, widerThanScreen } from './harness/appearance.ts';
import { startStaticHost } from './harness/static-host.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

async function answerFirst(page: Page): Promise<void> {
  await page.locator('.sample').first().click();
  await expect(page.getByRole('group', { name: 'With this answer' })).toBeVisible();
}

test('compares an answer with the server’s, every digit equal', async ({ open, packages }) => {
  test.skip(!packages.manifest.variants.integer, 'the package has no integer variant');
  const page = await open();
  await answerFirst(page);
  await page.getByRole('button', { name: 'Compare with the server' }).click();
  await expect(page.locator('.verdict')).toHaveText(`Equal: all ${packages.manifest.labels.length} probabilities, to the last digit.`);
  const rows = await page
    .locator('.comparison tbody tr')
    .evaluateAll((nodes) => nodes.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)));
  expect(rows).toHaveLength(5);
  for (const [here, there] of rows) expect(there).toBe(here);
  await picture(page, 'comparison');
  expect(await violations(page)).toEqual([]);
});

test('says on a static host that there is no server to compare with', async ({ page, packages, guard }) => {
  guard.allow(/Failed to load resource/);
  const host = await startStaticHost(packages.dir);
  await page.goto(host.url);
  await settled(page);
  await answerFirst(page);
  await page.getByRole('button', { name: 'Compare with the server' }).click();
  await expect(page.locator('.verdict')).toContainText('There is no server that classifies behind this page');
  await host.close();
});

test.describe('with the clipboard', () => {
  test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

  test('hands an answer on as text and as a picture', async ({ open, packages }) => {
    const page = await open();
    await answerFirst(page);
    await page.getByRole('button', { name: 'Copy as text' }).click();
    await expect(page.getByText('The text was copied.')).toBeVisible();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(`Answered on the device by ${packages.manifest.name}@${packages.manifest.version}`);
    expect(copied.split('\n')[0]).toContain('%');

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as picture' }).click();
    const file = readFileSync(await (await download).path());
    expect(await sharp(file).metadata()).toMatchObject({ format: 'png', width: 1200, height: 630 });
    await test.info().attach('shared.png', { body: file, contentType: 'image/png' });
    await page.getByRole('button', { name: 'Copy as picture' }).click();
    await expect(page.getByText('The picture was copied.')).toBeVisible();
  });
});

test('gives the text to copy where the browser does not copy', async ({ open, page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', {
      value: { writeText: () => Promise.reject(new DOMException('no', 'NotAllowedError')) },
    });
  });
  await open();
  await answerFirst(page);
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await expect(page.getByRole('textbox', { name: 'Copy as text' })).toHaveValue(/%\n/);
});

test('lists the models with their variants in plain words, and what is on the device', async ({ open, packages }) => {
  const page = await open();
  await readyOffline(page);
  await page.getByText('Models', { exact: true }).click();
  const models = page.locator('#models');
  await expect(models).toContainText(packages.manifest.title);
  await expect(models).toContainText('on this device');
  await expect(models.getByRole('list', { name: /^Ways to compute/ })).toContainText('Float');
  await models.getByText('The model’s card').click();
  await expect(models.locator('.card-text')).not.toBeEmpty();
  await picture(page, 'models');
  expect(await violations(page)).toEqual([]);
  await models.getByRole('link', { name: /: Float$/ }).click();
  await settled(page);
  expect(await page.evaluate(() => window.sldEdge.status().engine?.variant)).toBe('float32');
});

test('measures each backend on the device, and writes a report', async ({ open }) => {
  test.setTimeout(120_000);
  const page = await open();
  await page.getByText('This device', { exact: true }).click();
  await page.getByRole('button', { name: 'Measure the speed' }).click();
  await expect(page.getByText('Measured. Shorter is faster')).toBeVisible({ timeout: 90_000 });
  const speeds = page.getByRole('list', { name: 'Speed on this device' });
  await expect(speeds.getByRole('listitem').filter({ hasText: 'an image' }).first()).toBeVisible();
  await expect(speeds).toContainText('answers here');
  const report = await page.getByRole('textbox', { name: 'Report for a fault' }).inputValue();
  for (const words of ['Browser: Mozilla', 'Backend in use:', 'Speed on this device:', 'Memory:']) expect(report).toContain(words);
  await picture(page, 'device');
  expect(await violations(page)).toEqual([]);
  expect(await widerThanScreen(page)).toEqual([]);
});

test('stops saving for offline use when it is told to', async ({ page, packages }) => {
  const host = await startStaticHost(packages.dir);
  const { name, version, samples } = packages.manifest;
  const last = `${name}/${version}/${samples.at(-1)!.file.path}`;
  // The page shows that picture, the service worker waits for it.
  let asked = 0;
  host.fault = (file) => (file.endsWith(last) && ++asked > 1 ? 'hang' : null);
  await page.goto(host.url);
  await settled(page);
  await page.getByRole('button', { name: 'Stop saving' }).click({ timeout: 20_000 });
  await expect(page.locator('#offline-badge')).toHaveText('Saving was stopped');
  host.fault = () => null;
  await page.reload();
  await readyOffline(page);
  await host.close();
});
