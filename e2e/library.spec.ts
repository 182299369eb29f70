/** The published library in other people's pages: packed, installed, and used by each of the examples. */
import path from 'node:path';
import type { Classifier as PublishedClassifier } from '@sld-edge/runtime';
import { folderIn, installLibrary, serveLibrary, type InstalledLibrary } from './harness/library.ts';
import type { Listening } from './harness/listen.ts';
import { expect, test } from './harness/test.ts';

/** The module as a page imports it. */
interface Published {
  Classifier: typeof PublishedClassifier;
}

let library: InstalledLibrary;
let host: Listening;

test.beforeAll(async ({ scratch, packages }) => {
  test.setTimeout(240_000);
  library = await installLibrary(await folderIn(scratch, 'library'));
  host = await serveLibrary(library, packages.dir);
});
test.afterAll(() => host.close());

const sampleOf = (
  packages: {
    dir: string;
    index: { packages: { manifest: { path: string } }[] };
    manifest: { samples: { file: { path: string }; label: string }[] };
  },
  i = 0,
) => {
  const { file, label } = packages.manifest.samples[i];
  return { label, file: path.join(packages.dir, path.dirname(packages.index.packages.at(-1)!.manifest.path), file.path) };
};

test('five lines of a page name what is chosen, under the strictest policy', async ({ page, packages }) => {
  const asked: string[] = [];
  page.context().on('request', (request) => void asked.push(new URL(request.url()).pathname));
  await page.goto(`${host.url}page/`);
  await expect(page.locator('output')).toHaveText('Ready');
  const { file, label } = sampleOf(packages);
  await page.getByLabel('Picture').setInputFiles(file);
  await expect(page.locator('output')).toHaveText(label);
  expect(page.workers()).toHaveLength(1);
  expect(asked.filter((name) => name.endsWith('.js')).length).toBeLessThan(32);
});

test('an application built by Vite, React and Vue answer with the installed package', async ({ page, packages }) => {
  await page.goto(`${host.url}vite-app/`);
  const { file, label } = sampleOf(packages);
  await expect(page.locator('output')).toHaveText(new RegExp(`^${label}: ${label} by wasm`));
  for (const framework of ['React', 'Vue']) {
    await page.getByLabel(framework).setInputFiles(file);
    await expect(page.locator(`#${framework.toLowerCase()} b`)).toHaveText(label);
  }
});

test("with a service worker of one's own the page answers without a network", async ({ page, context, packages }) => {
  await page.goto(`${host.url}service-worker/`);
  const { label } = sampleOf(packages);
  await expect(page.locator('output')).toHaveText(`${label}: ${label}`);
  // The scripts of the first visit came before there was a service worker.
  await page.reload();
  await expect(page.locator('output')).toHaveText(`${label}: ${label}`);
  await context.setOffline(true);
  await page.reload();
  await expect(page.locator('output')).toHaveText(`${label}: ${label}`);
  await context.setOffline(false);
});

test('an element answers, fills its form, and is two on a page', async ({ page, packages }) => {
  await page.goto(`${host.url}page/element.html`);
  const [first, second] = [page.locator('#first'), page.locator('#second')];
  await expect(first.getByRole('status')).toHaveText('Ready');
  expect(await page.evaluate(() => document.querySelector('form')!.checkValidity())).toBe(false);
  const events = page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const told: string[] = [];
        for (const type of ['classifier-answer', 'change']) document.addEventListener(type, () => told.push(type));
        document.addEventListener('change', () => resolve(told));
      }),
  );
  const [a, b] = [sampleOf(packages, 0), sampleOf(packages, 1)];
  await first.locator('input').setInputFiles(a.file);
  await expect(first.locator('[part~=best] [part=label]')).toHaveText(a.label);
  await expect(first.locator('[part~=prediction]')).toHaveCount(2);
  expect(await events).toEqual(['classifier-answer', 'change']);
  await second.locator('input').setInputFiles([a.file, b.file]);
  await expect(second.locator('[part=answer]')).toHaveCount(2);
  await expect(second.locator('[part=unsure]')).toHaveCount(2);
  await expect(second.getByRole('button', { name: 'Use the camera' })).toBeVisible();
  const values = await page.evaluate(() => {
    const form = document.querySelector('form')!;
    return { valid: form.checkValidity(), entries: [...new FormData(form).entries()] };
  });
  expect(values).toEqual({
    valid: true,
    entries: [
      ['picture', a.label],
      ['pictures', a.label],
      ['pictures', b.label],
    ],
  });
  if (process.env.SCREENSHOT_DIR) await page.screenshot({ path: path.join(process.env.SCREENSHOT_DIR, 'element.png') });
  await first.locator('input').setInputFiles({ name: 'text.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
  await expect(first.getByRole('alert')).toContainText('do not begin like an image');
  await page.evaluate(() => document.querySelector('form')!.reset());
  await expect(second.locator('[part=answer]')).toHaveCount(0);
});

test('takes pictures of every kind, and says in codes what it does not take', async ({ page, guard, packages }) => {
  guard.allow(/nothing-here\.png|\/nothing\//);
  await page.goto(`${host.url}page/`);
  await expect(page.locator('output')).toHaveText('Ready');
  const { label } = sampleOf(packages);
  const said = await page.evaluate(async () => {
    const { Classifier } = (await import(new URL('../sld-edge/dist/index.js', location.href).href)) as Published;
    const classifier = await Classifier.load('../models/', { backend: 'wasm' });
    const [{ url }] = classifier.report().samples;
    const bytes = await (await fetch(url)).arrayBuffer();
    const blob = new Blob([bytes]);
    const image = Object.assign(document.createElement('img'), { src: url });
    await image.decode();
    const bitmap = await createImageBitmap(blob);
    const canvas = Object.assign(document.createElement('canvas'), { width: bitmap.width, height: bitmap.height });
    const context = canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const offscreen = new OffscreenCanvas(bitmap.width, bitmap.height);
    offscreen.getContext('2d')!.drawImage(bitmap, 0, 0);
    const inputs = {
      blob,
      bytes,
      view: new Uint8Array(bytes),
      address: url,
      url: new URL(url),
      image,
      bitmap,
      canvas,
      offscreen,
      imageData: context.getImageData(0, 0, canvas.width, canvas.height),
      frame: new VideoFrame(canvas, { timestamp: 0 }),
    };
    const answers = await classifier.classify(Object.values(inputs), { topK: 1 });
    const code = (promise: Promise<unknown>) =>
      promise.then(String, (error: { name: string; code?: string }) => `${error.name} ${error.code}`);
    const aborted = AbortSignal.abort();
    const codes = {
      text: await code(classifier.classify('nothing-here.png')),
      element: await code(classifier.classify(document.body as unknown as HTMLImageElement)),
      option: await code(classifier.classify(blob, { topk: 1 } as object)),
      stopped: await code(classifier.classify(blob, { signal: aborted })),
      stoppedLoad: await code(Classifier.load('../models/', { signal: aborted })),
      backend: await code(Classifier.load('../models/', { backend: 'cuda' as 'wasm' })),
      graph: await code(Classifier.load('../models/', { variant: 'uint8' })),
      missing: await code(Classifier.load('../nothing/')),
      disposed: (classifier.dispose(), await code(classifier.classify(blob))),
    };
    return { labels: Object.fromEntries(Object.keys(inputs).map((kind, i) => [kind, answers[i].predictions[0].label])), codes };
  });
  expect(new Set(Object.values(said.labels))).toEqual(new Set([label]));
  expect(said.codes).toEqual({
    text: 'AppError NETWORK_FAILED',
    element: 'AppError INPUT_UNSUPPORTED',
    option: 'AppError OPTION_INVALID',
    stopped: 'AppError STOPPED',
    stoppedLoad: 'AppError STOPPED',
    backend: 'AppError BACKEND_UNAVAILABLE',
    graph: 'AppError BACKEND_UNAVAILABLE',
    missing: 'AppError PACKAGE_FILE_MISSING',
    disposed: 'AppError DISPOSED',
  });
});

test('watches a video: answers come, frames are dropped, and the signal ends it', async ({ page }) => {
  await page.goto(`${host.url}page/`);
  await expect(page.locator('output')).toHaveText('Ready');
  const answers = await page.evaluate(async () => {
    const { Classifier } = (await import(new URL('../sld-edge/dist/index.js', location.href).href)) as Published;
    const classifier = await Classifier.load('../models/');
    const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
    const context = canvas.getContext('2d')!;
    let drawn = 0;
    const drawing = setInterval(() => context.fillRect(drawn++ % 32, 0, 1, 32), 10);
    const video = Object.assign(document.createElement('video'), { srcObject: canvas.captureStream(30), muted: true });
    document.body.append(video);
    await video.play();
    const stopping = new AbortController();
    let count = 0;
    for await (const { predictions } of classifier.watch(video, { signal: stopping.signal })) {
      if (predictions.length > 0) count++;
      // Whoever is slow sees fewer frames, not late ones.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (count === 3) stopping.abort();
    }
    clearInterval(drawing);
    classifier.dispose();
    return count;
  });
  expect(answers).toBe(3);
});

test('from a host of another origin it answers in the thread of the page, and says so', async ({ page, guard, packages }) => {
  guard.allow(/request to elsewhere/);
  const elsewhere = await serveLibrary(library, packages.dir, true);
  try {
    await page.goto(`${elsewhere.url}page/element.html`);
    const { port } = new URL(elsewhere.url);
    const said = await page.evaluate(async (address) => {
      const { Classifier } = (await import(address)) as Published;
      const classifier = await Classifier.load('../models/');
      const { inWorker, threads, samples } = classifier.report();
      const { predictions } = await classifier.classify(samples[0].url);
      return { inWorker, threads, label: predictions[0].label };
    }, `http://127.0.0.1:${port}/sld-edge/dist/index.js`);
    expect(said).toEqual({ inWorker: false, threads: 1, label: sampleOf(packages).label });
  } finally {
    await elsewhere.close();
  }
});
