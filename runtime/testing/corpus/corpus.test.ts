import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../image/limits.ts';
import { decodeImage } from '../../node/decode-image.ts';
import { corpus, corpusBytes } from './corpus.ts';
import { truths } from './truth.ts';

const refusedFiles = corpus.flatMap(({ file, refused }) => (refused ? [{ file, refused }] : []));
const shownFiles = corpus.flatMap(({ file, shows }) => (shows ? [{ file, ...shows }] : []));

describe('the corpus in Node', () => {
  it('has every file of the folder in its table, once', () => {
    expect(corpus.map(({ file }) => file).sort()).toEqual(readdirSync(join(import.meta.dirname, 'files')).sort());
  });

  it('allows a level between Node and Chromium only where a profile is converted', () => {
    const allowed = corpus.filter(({ tolerance }) => tolerance > 0);
    expect(allowed.length).toBeGreaterThan(0);
    for (const { file, tolerance } of allowed) {
      expect(tolerance).toBe(1);
      expect(file).toMatch(/-(display-p3|adobe-rgb|gamma-profile)/);
    }
  });

  it.each(shownFiles)('$file shows $truth', async ({ file, truth, within }) => {
    const expected = truths[truth]();
    const { width, height, data } = await decodeImage(corpusBytes(file), DEFAULT_LIMITS);
    expect([width, height]).toEqual([expected.width, expected.height]);
    const differences = data.map((level, i) => Math.abs(level - expected.data[i]));
    if ('max' in within) expect(Math.max(...differences)).toBeLessThanOrEqual(within.max);
    else expect(differences.reduce((sum, value) => sum + value, 0) / data.length).toBeLessThanOrEqual(within.mean);
  });

  it.each(refusedFiles)('refuses $file with $refused', async ({ file, refused }) => {
    await expect(decodeImage(corpusBytes(file), DEFAULT_LIMITS)).rejects.toMatchObject({ code: refused });
  });

  it('says what to do with HEIC and CMYK', async () => {
    await expect(decodeImage(corpusBytes('heic-called.jpg'), DEFAULT_LIMITS)).rejects.toThrow(/save it as JPEG/);
    await expect(decodeImage(corpusBytes('jpeg-cmyk-adobe.jpg'), DEFAULT_LIMITS)).rejects.toThrow(/save it as RGB/);
  });
});
