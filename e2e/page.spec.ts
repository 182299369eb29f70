import { expect, readyOffline, settled, test } from './harness/test.ts';

test('computes the integer variant when none is asked for, and fetches nothing of TensorFlow.js', async ({ page, server, packages }) => {
  test.skip(!packages.manifest.variants.integer, 'the package has no integer variant');
  const asked: string[] = [];
  page.context().on('request', (request) => void asked.push(new URL(request.url()).pathname));
  await page.goto(server.url);
  await settled(page);
  expect(await page.evaluate(() => window.sldEdge.status().engine)).toMatchObject({
    variant: 'integer',
    backend: expect.stringMatching(/^wasm/),
    goldenError: 0,
  });
  await readyOffline(page);
  expect(asked.filter((path) => /tfjs/.test(path))).toEqual([]);
  expect(asked.filter((path) => path.includes('/goldens/logits-')).map((path) => path.split('/').at(-1))).toContain('logits-integer.bin');
});

test('loads, names its model, is isolated and computes uint8 on WASM with the reason in view', async ({ open, packages }) => {
  const page = await open('?variant=uint8');
  const status = await page.evaluate(() => window.sldEdge.status().engine);
  expect(status).toMatchObject({ backend: 'tfjs-wasm', crossOriginIsolated: true });
  await page.getByText('This device', { exact: true }).click();
  const details = page.locator('#details');
  await expect(details).toContainText(`${packages.manifest.name}@${packages.manifest.version}`);
  await expect(details).toContainText('WebGPU:');
  await expect(details).toContainText('reproduced, largest difference of a logit');
});

test('answers each sample with its chart, time, backend and model', async ({ open, packages }) => {
  const page = await open();
  const { samples, labels, name } = packages.manifest;
  for (const { label } of samples) {
    const button = page.getByRole('button', { name: `Try the sample labelled ${label}`, exact: true }).first();
    await button.click();
    await expect(page.locator('#answer')).not.toHaveAttribute('aria-busy', 'true');
    const rows = page.getByRole('list', { name: 'The likeliest classes' }).getByRole('listitem');
    await expect(rows).toHaveCount(Math.min(5, labels.length));
    await expect(rows.first()).toContainText('%');
    await expect(page.locator('.facts')).toContainText('WebAssembly');
    await expect(page.locator('.facts')).toContainText(name);
    await expect(page.locator('.facts')).toContainText('infer');
    await expect(page.getByRole('status').filter({ hasText: 'Then' })).toContainText('%');
  }
});

test('can be used by keyboard alone', async ({ open, packages }) => {
  const page = await open();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the image' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Choose images' })).toBeFocused();
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await chooser;
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Choose a folder' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Live camera' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: `Try the sample labelled ${packages.manifest.samples[0].label}` }).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
});

test('has a name for everything that a screen reader meets', async ({ open, packages }) => {
  const page = await open();
  await expect(page).toHaveTitle(packages.manifest.title);
  await expect(page.getByRole('heading', { level: 1, name: packages.manifest.title })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Your image' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Answer' })).toBeVisible();
  await expect(page.getByRole('list', { name: 'Or try one of these' })).toBeVisible();
  await page
    .getByRole('button', { name: `Try the sample labelled ${packages.manifest.samples[0].label}` })
    .first()
    .click();
  await expect(page.getByRole('img', { name: 'The image you gave' })).toBeVisible();
  await expect(page.getByRole('img', { name: 'The input of the network' })).toBeVisible();
  const unnamed = await page
    .locator('button, a, input, img:not([alt])')
    .evaluateAll((nodes) =>
      nodes.filter((node) => !(node.getAttribute('aria-label') ?? node.textContent)?.trim()).map((node) => node.outerHTML),
    );
  expect(unnamed).toEqual([]);
});

test('takes a dropped and a pasted image', async ({ open, packages, request, server }) => {
  const page = await open();
  const { name, version, samples } = packages.manifest;
  const bytes = await (await request.get(`${server.url}models/${name}/${version}/${samples[0].file.path}`)).body();
  for (const way of ['drop', 'paste']) {
    await page.reload();
    await expect(page.locator('#samples')).toBeVisible();
    await page.evaluate(
      ({ way, base64 }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'x.png', { type: 'image/png' }));
        const event =
          way === 'drop'
            ? new DragEvent('drop', { dataTransfer: data, bubbles: true })
            : new ClipboardEvent('paste', { clipboardData: data, bubbles: true });
        document.body.dispatchEvent(event);
      },
      { way, base64: bytes.toString('base64') },
    );
    await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
  }
});

test('says so when what was pasted holds no image', async ({ open }) => {
  const page = await open();
  await page.evaluate(() => document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: new DataTransfer(), bubbles: true })));
  await expect(page.getByRole('alert')).toContainText('IMAGE_MISSING');
});
