import { writeFileSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { badImages, type BadImage } from './harness/bad-images.ts';
import { copyPackage } from './harness/packages.ts';
import { startServerProcess } from './harness/server.ts';
import { expect, settled, test } from './harness/test.ts';

/** Known before the images are made, since tests are listed before anything runs; one image of each follows. */
const BAD = ['text.png', 'half.png', 'half.jpg', 'large.jpg', 'bomb.png', 'long.png', 'print.jpg', 'photo.jpg'];
const made = badImages();
const bad = async (name: string): Promise<BadImage> => (await made).find((image) => image.name === name)!;

for (const name of BAD) {
  test(`refuses ${name} in the page, in words, with its code`, async ({ open }) => {
    const { code, bytes } = await bad(name);
    const page = await open();
    await page.locator('#file').setInputFiles({ name, mimeType: 'image/jpeg', buffer: bytes });
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(code);
    await expect(alert.locator('.error-advice')).not.toBeEmpty();
  });

  test(`refuses ${name} on the server with its code`, async ({ request, server }) => {
    const { code, status, bytes } = await bad(name);
    const form = await request.post(`${server.url}classify`, { multipart: { image: { name, mimeType: 'image/jpeg', buffer: bytes } } });
    expect(form.status()).toBe(status);
    expect(form.headers()['content-type']).toContain('application/problem+json');
    expect(await form.json()).toMatchObject({ code, status });
    const raw = await request.post(`${server.url}classify`, { headers: { 'content-type': 'image/jpeg' }, data: bytes });
    expect(await raw.json()).toMatchObject({ code, status });
  });
}

test('says in words of the catalogue whatever the browser throws at the page and at its worker', async ({ open, packages }) => {
  const page = await open();
  const alert = page.getByRole('alert');
  const image = { name: 'holidays.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('never read') };

  // A folder that was dropped, a file that was moved since it was chosen.
  await page.evaluate(() => {
    File.prototype.arrayBuffer = () => Promise.reject(new DOMException('The requested file could not be read', 'NotReadableError'));
  });
  await page.locator('#file').setInputFiles(image);
  await expect(alert).toContainText('FILE_UNUSABLE The file "holidays.jpg" cannot be used: it is a folder, or was moved or changed');

  await page.evaluate(() => {
    window.fetch = () => Promise.reject(new TypeError('Failed to fetch'));
  });
  await page
    .getByRole('button', { name: `Try the sample labelled ${packages.manifest.samples[0].label}` })
    .first()
    .click();
  await expect(alert).toContainText('PACKAGE_FILE_MISSING');
  await expect(alert).toContainText('the server could not be reached');

  const bytes = [
    ...(await sharp({ create: { width: 8, height: 8, channels: 3, background: '#abc' } })
      .png()
      .toBuffer()),
  ];
  const rejections = async () =>
    page.evaluate(async (bytes) => {
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(String, (error: { name: string; code: string }) => `${error.name} ${error.code}`);
      const detached = new Uint8Array(8);
      structuredClone(detached, { transfer: [detached.buffer] });
      return {
        'a text': await codeOf(window.sldEdge.classify('a text' as unknown as Blob)),
        'bytes that were given away': await codeOf(window.sldEdge.decode(detached)),
        'a picture': await codeOf(window.sldEdge.classify(new Uint8Array(bytes))),
      };
    }, bytes);
  const [worker] = page.workers();
  await worker.evaluate(() => {
    OffscreenCanvas.prototype.getContext = () => {
      throw new RangeError('Array buffer allocation failed');
    };
  });
  expect(await rejections()).toMatchObject({ 'a text': 'AppError IMAGE_MISSING', 'a picture': 'AppError MEMORY_EXHAUSTED' });
  await worker.evaluate(() => {
    OffscreenCanvas.prototype.getContext = () => {
      throw new TypeError('x is not a function');
    };
  });
  expect(await rejections()).toMatchObject({ 'bytes that were given away': 'AppError INTERNAL', 'a picture': 'AppError INTERNAL' });
});

test('says that the worker could not be started, and answers nothing for ever after', async ({ page, context, server, guard }) => {
  guard.allow(/worker/i);
  await context.route('**/worker-*.js', (route) => route.abort());
  await page.goto(server.url);
  await settled(page);
  await expect(page.getByRole('alert')).toContainText('A part of this page could not be loaded');
  await expect(page.getByRole('alert')).toContainText('PROGRAM_FILE_MISSING The program\'s own file "inference worker" cannot be loaded');
  const code = await page.evaluate(() => window.sldEdge.decode(new Uint8Array(3)).catch((error: { code: string }) => error.code));
  expect(code).toBe('PROGRAM_FILE_MISSING');
});

test('answers a good image after a bad one', async ({ open, packages }) => {
  const page = await open();
  const { bytes } = await bad('text.png');
  await page.locator('#file').setInputFiles({ name: 'text.png', mimeType: 'image/png', buffer: bytes });
  await expect(page.getByRole('alert')).toBeVisible();
  await page
    .getByRole('button', { name: `Try the sample labelled ${packages.manifest.samples[0].label}` })
    .first()
    .click();
  await expect(page.getByRole('list', { name: 'The likeliest classes' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('the server says that the field is missing and that the model is unknown', async ({ request, server }) => {
  const empty = await request.post(`${server.url}classify`, { multipart: { other: 'x' } });
  expect(await empty.json()).toMatchObject({ code: 'IMAGE_MISSING', status: 400 });
  const unknown = await request.post(`${server.url}classify?model=nope`, {
    headers: { 'content-type': 'image/png' },
    data: Buffer.from('x'),
  });
  expect(await unknown.json()).toMatchObject({ code: 'MODEL_UNKNOWN', status: 404 });
});

test('the page says which models there are when asked for another', async ({ open, packages }) => {
  const page = await open('?model=nope');
  await expect(page.getByRole('alert')).toContainText('MODEL_UNKNOWN');
  await expect(page.getByRole('alert')).toContainText(packages.index.default);
  await expect(page.locator('#offline-badge')).toHaveText('Online only');
});

test('the page refuses a variant and a backend that do not exist', async ({ open }) => {
  const variant = await open('?variant=int4');
  await expect(variant.getByRole('alert')).toContainText('VARIANT_UNKNOWN');
  const backend = await open('?backend=cuda');
  await expect(backend.getByRole('alert')).toContainText('BACKEND_UNAVAILABLE');
});

test('the page refuses to compute the integer variant on a backend that does not, and puts no other in its place', async ({
  open,
  packages,
}) => {
  test.skip(!packages.manifest.variants.integer, 'the package has no integer variant');
  for (const backend of ['tfjs-webgpu', 'tfjs-wasm']) {
    const page = await open(`?variant=integer&backend=${backend}`);
    await expect(page.getByRole('alert')).toContainText('BACKEND_UNAVAILABLE');
    expect(await page.evaluate(() => window.sldEdge.status().engine)).toBeNull();
  }
});

test('refuses a weight file with one flipped byte and names it', async ({ page, packages }) => {
  const copy = copyPackage(packages);
  const server = await startServerProcess(copy.dir);
  try {
    const { defaultVariant, variants } = copy.manifest;
    const shard = variants[defaultVariant]!.shards[0].path;
    const bytes = readFileSync(copy.file(shard));
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(copy.file(shard), bytes);
    await page.goto(server.url);
    await settled(page);
    await expect(page.getByRole('alert')).toContainText('PACKAGE_FILE_CORRUPT');
    await expect(page.getByRole('alert')).toContainText(shard);
    expect(await page.evaluate(() => window.sldEdge.status().engine)).toBeNull();
  } finally {
    await server.stop();
    copy.remove();
  }
});
