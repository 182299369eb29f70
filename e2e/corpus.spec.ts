import { DEFAULT_LIMITS, preprocessToPixels, type RgbImage } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import { corpus, corpusBytes, type CorpusFile } from '@sld-edge/runtime/testing';
import type { Page } from 'playwright/test';
import { settled, expect, test } from './harness/test.ts';

/** Every file of the corpus (docs/images.md) through the built page's worker, through the runtime in Node, and through the server. */

interface Row {
  file: string;
  width: number;
  height: number;
  /** Largest difference of a level, mean difference, share of levels that differ. */
  max: number;
  mean: number;
  differing: number;
  /** The same of what the network is given. */
  inputMax: number;
}

const decodable = corpus.filter(({ refused, refusedInChromium }) => !refused && !refusedInChromium);
const rows: Row[] = [];
let page: Page;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser, server }) => {
  page = await browser.newPage();
  await page.goto(server.url);
  await settled(page);
});

test.afterAll(async () => {
  await page?.close();
  if (rows.length === 0) return;
  await test.info().attach('corpus.json', { body: JSON.stringify(rows, null, 2), contentType: 'application/json' });
  const lines = rows
    .filter(({ max }) => max > 0)
    .map(
      ({ file, max, mean, differing }) =>
        `  ${file.padEnd(36)} max ${max}, mean ${mean.toFixed(3)}, ${(100 * differing).toFixed(1)} % of the levels`,
    );
  process.stdout.write(
    `\ncorpus: ${rows.length} files decoded on both sides, ${rows.length - lines.length} of them equal; the others:\n${lines.join('\n')}\n\n`,
  );
});

/** The file through the page's own path: `window.sldEdge`, its worker, the decoder, the resizer, the network. */
async function inChromium(file: string): Promise<{ rgb: RgbImage; input: Uint8Array; probabilities: number[] } | { code: string }> {
  const answer = await page.evaluate(async (encoded) => {
    const toText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    try {
      const { width, height, rgb } = await window.sldEdge.decode(bytes);
      const { input, predictions } = await window.sldEdge.classify(bytes);
      return { width, height, rgb: btoa(toText(rgb)), input: btoa(toText(input.pixels)), predictions };
    } catch (error) {
      return { code: (error as { code?: string }).code ?? String(error) };
    }
  }, corpusBytes(file).toString('base64'));
  if (answer.code !== undefined) return { code: answer.code };
  const { width, height, rgb, input, predictions } = answer;
  return {
    rgb: { width, height, data: Buffer.from(rgb, 'base64') },
    input: Buffer.from(input, 'base64'),
    probabilities: predictions.toSorted((a, b) => a.index - b.index).map(({ probability }) => probability),
  };
}

function differences(ours: Uint8Array, theirs: Uint8Array): { max: number; mean: number; differing: number } {
  expect(theirs.length).toBe(ours.length);
  let [max, sum, count] = [0, 0, 0];
  for (let i = 0; i < ours.length; i++) {
    const difference = Math.abs(ours[i] - theirs[i]);
    max = Math.max(max, difference);
    sum += difference;
    if (difference > 0) count++;
  }
  return { max, mean: sum / ours.length, differing: count / ours.length };
}

for (const { file, tolerance } of decodable) {
  test(`${file}: Chromium and Node differ by at most ${tolerance}`, async ({ packages, request, server }) => {
    const node = await decodeImage(corpusBytes(file), DEFAULT_LIMITS);
    const chromium = await inChromium(file);
    if ('code' in chromium) throw new Error(`Chromium refuses it with ${chromium.code}`);
    expect([chromium.rgb.width, chromium.rgb.height]).toEqual([node.width, node.height]);
    const decoded = differences(node.data, chromium.rgb.data);
    const input = differences(preprocessToPixels(node, packages.manifest.preprocessing), chromium.input);
    rows.push({ file, width: node.width, height: node.height, ...decoded, inputMax: input.max });
    expect(decoded.max).toBeLessThanOrEqual(tolerance);
    // A mean of levels of which each is at most so far off is no further off, but for its rounding.
    expect(input.max).toBeLessThanOrEqual(tolerance);

    const classes = packages.manifest.labels.length;
    const response = await request.post(`${server.url}classify?topK=${classes}`, {
      headers: { 'content-type': 'image/*' },
      data: corpusBytes(file),
    });
    expect(response.status()).toBe(200);
    const { predictions } = (await response.json()) as { predictions: { index: number; probability: number }[] };
    const probabilities = predictions.toSorted((a, b) => a.index - b.index).map(({ probability }) => probability);
    if (input.max === 0)
      probabilities.forEach((probability, i) => expect(Math.abs(probability - chromium.probabilities[i])).toBeLessThanOrEqual(1e-5));
  });
}

const refusals = corpus.filter((entry): entry is CorpusFile & { refused: string } => entry.refused !== undefined);
for (const { file, refused } of refusals) {
  test(`${file}: refused by page and server with ${refused}`, async ({ request, server }) => {
    expect(await inChromium(file)).toEqual({ code: refused });
    const response = await request.post(`${server.url}classify`, { headers: { 'content-type': 'image/*' }, data: corpusBytes(file) });
    expect(await response.json()).toMatchObject({ code: refused });
  });
}

for (const { file, refusedInChromium } of corpus.filter((entry) => entry.refusedInChromium)) {
  test(`${file}: the server answers, Chromium has no decoder and refuses with ${refusedInChromium}`, async ({ request, server }) => {
    expect(await inChromium(file)).toEqual({ code: refusedInChromium });
    const response = await request.post(`${server.url}classify`, { headers: { 'content-type': 'image/*' }, data: corpusBytes(file) });
    expect(response.status()).toBe(200);
  });
}
