import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright/test';
import { badImages } from './harness/bad-images.ts';
import { picture, violations, widerThanScreen } from './harness/appearance.ts';
import { expect, test } from './harness/test.ts';

const cells = (page: Page) => page.locator('.grid .cell:visible');

test('answers a folder in a grid: the surest first, filtered, exported, each with its whole answer', async ({
  open,
  packages,
  scratch,
}) => {
  const { name, version, samples } = packages.manifest;
  const folder = path.join(scratch, 'clothes');
  mkdirSync(path.join(folder, 'deep'), { recursive: true });
  for (const [i, { file }] of samples.entries())
    writeFileSync(path.join(folder, i % 2 ? 'deep' : '.', `${i}.png`), readFileSync(path.join(packages.dir, name, version, file.path)));
  const broken = (await badImages()).find((image) => image.name === 'half.png')!;
  writeFileSync(path.join(folder, 'half.png'), broken.bytes);
  writeFileSync(path.join(folder, 'notes.txt'), 'no picture');

  const page = await open();
  await page.locator('#folder').setInputFiles(folder);
  await expect(page.locator('.batch-status')).toHaveText(`${samples.length} pictures answered, 1 picture could not be read.`, {
    timeout: 30_000,
  });
  await expect(page.locator('.batch')).toContainText('1 other file was passed over.');
  const shown = await cells(page).evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label')!));
  expect(shown).toHaveLength(samples.length + 1);
  const percents = shown.slice(0, -1).map((label) => Number(/([\d.]+) %/.exec(label)![1]));
  expect(percents).toEqual(percents.toSorted((a, b) => b - a));
  expect(shown.at(-1)).toContain('half.png: The image is incomplete. Show why');
  await picture(page, 'batch');
  expect(await violations(page)).toEqual([]);

  // One cell is in the order of the tabulator key, arrows go to the others.
  await cells(page).first().focus();
  await page.keyboard.press('End');
  await expect(cells(page).last()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText(broken.code);

  const label = /: (.*), [<>\d.]+/.exec(shown[0])![1];
  await page.getByLabel('Show', { exact: true }).selectOption({ value: `class:${label}` });
  const filtered = await cells(page).count();
  expect(filtered).toBeLessThan(shown.length);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  const exported = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
    model: string;
    pictures: { file: string; predictions: { label: string; probability: number }[] }[];
  };
  expect(exported.model).toBe(name);
  expect(exported.pictures).toHaveLength(filtered);
  expect(new Set(exported.pictures.map(({ predictions }) => predictions[0].label))).toEqual(new Set([label]));

  await cells(page).first().click();
  await expect(page.locator('#answer .headline')).toContainText(label);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.locator('.batch')).toHaveCount(0);
});

test('takes a thousand pictures without growing, and can be cancelled', async ({ open, packages }) => {
  test.setTimeout(360_000);
  const { name, version, samples } = packages.manifest;
  const bytes = [...readFileSync(path.join(packages.dir, name, version, samples[0].file.path))];
  const page = await open();
  const give = (count: number): Promise<void> =>
    page.evaluate(
      ({ bytes, count }) => {
        const data = new DataTransfer();
        for (let i = 0; i < count; i++) data.items.add(new File([new Uint8Array(bytes)], `${i}.png`, { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
      },
      { bytes, count },
    );
  /** Addresses of blobs that the page holds on to. */
  await page.evaluate(() => {
    const held = ((window as unknown as { held: Set<string> }).held = new Set());
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      const url = createObjectURL.call(URL, blob);
      held.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      held.delete(url);
      revokeObjectURL.call(URL, url);
    };
  });
  const held = (): Promise<number> => page.evaluate(() => (window as unknown as { held: Set<string> }).held.size);
  const heapBytes = async (): Promise<number> => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = (await devtools.send('Runtime.getHeapUsage')) as { usedSize: number };
    await devtools.detach();
    return usedSize;
  };

  await give(100);
  await expect(page.locator('.batch-status')).toHaveText('100 pictures answered.', { timeout: 60_000 });
  const before = await heapBytes();
  expect(await held()).toBe(100);
  await give(1000);
  await expect(page.locator('.batch-status')).toHaveText('1,000 pictures answered.', { timeout: 240_000 });
  // What the first hundred held was given back; a picture leaves less than its photograph's thumbnail behind.
  expect(await held()).toBe(1000);
  expect((await heapBytes()) - before).toBeLessThan(5e6);

  await give(1000);
  await expect(page.locator('.batch progress')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('.batch-status')).toContainText('Cancelled:');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  expect(await held()).toBe(0);
  expect(await widerThanScreen(page)).toEqual([]);
});
