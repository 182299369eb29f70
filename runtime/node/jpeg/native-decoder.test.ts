import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { provisionJpegDecoder } from '../../../pipeline/engines/provision/jpeg-decoder.ts';
import { ProvisionError } from '../../../pipeline/engines/provision/provision-error.ts';
import { AppError } from '../../errors/catalogue.ts';
import { DEFAULT_LIMITS } from '../../image/limits.ts';
import { ByteReader } from '../../image/inspect/byte-reader.ts';
import { checkJpegScans } from '../../image/jpeg/check-scans.ts';
import { corpus, corpusBytes } from '../../testing/corpus/corpus.ts';
import { gradient } from '../../testing/images.ts';
import { decodeImage } from '../decode-image.ts';
import { openJpegDecoder, type JpegDecoder } from './native-decoder.ts';
import { SAMPLINGS } from './probe-pictures.ts';
import { randomJpeg } from './random-jpeg.ts';
import { createReusedMemory } from './reused-memory.ts';
import { randomFractions } from '../../random-states.ts';

const folder = mkdtempSync(join(tmpdir(), 'sld-edge-jpeg-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'sld_edge_jpeg.node');
/** Reason why it can't be built here: a compiler or the library's headers are missing. */
const missing = await provisionJpegDecoder(path).then(
  () => undefined,
  (error: unknown) => {
    if (error instanceof ProvisionError && error.code === 'PREREQUISITES_MISSING') return error.message;
    throw error;
  },
);

type Outcome = { width: number; height: number; data: string } | { code: string };

async function outcome(bytes: Uint8Array, jpeg?: JpegDecoder, memory?: (byteLength: number) => Uint8Array): Promise<Outcome> {
  try {
    const { width, height, data } = await decodeImage(bytes, DEFAULT_LIMITS, { jpeg, memory });
    return { width, height, data: Buffer.from(data).toString('latin1') };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code };
  }
}

describe.skipIf(missing !== undefined)(
  `libjpeg-turbo beside sharp${missing ? ` (skipped: the JPEG decoder can't be built: ${missing})` : ''}`,
  async () => {
    const opened = missing === undefined ? await openJpegDecoder(path) : undefined;
    let taken = 0;
    const jpeg: JpegDecoder = {
      library: opened?.decoder?.library ?? '',
      isWhole: (bytes) => opened!.decoder!.isWhole(bytes),
      decode(...args) {
        const decoded = opened!.decoder!.decode(...args);
        if (decoded) taken++;
        return decoded;
      },
    };
    const memory = createReusedMemory();
    const expectSame = async (bytes: Uint8Array, what: string): Promise<void> => {
      const [native, sharps] = [await outcome(bytes, jpeg, memory), await outcome(bytes)];
      expect(JSON.stringify(native) === JSON.stringify(sharps), what).toBe(true);
    };

    it.each(corpus.filter(({ file }) => file.endsWith('.jpg')).map(({ file }) => file))('decodes or refuses %s alike', (file) =>
      expectSame(corpusBytes(file), file),
    );

    it('was given pictures of the corpus that it takes, and leaves profiles to sharp', async () => {
      expect(taken).toBeGreaterThan(25);
      for (const file of ['jpeg-display-p3.jpg', 'jpeg-rgb-colour-space.jpg']) {
        const before = taken;
        expect(await outcome(corpusBytes(file), jpeg)).not.toHaveProperty('code');
        expect(taken, file).toBe(before);
      }
    });

    it('gives the same pixels of random coefficients: every sampling, odd sides, restarts, progressive', async () => {
      const random = randomFractions(7);
      const from = taken;
      for (let i = 0; i < 60; i++) {
        for (const [name, sampling] of Object.entries(SAMPLINGS)) {
          const width = 1 + Math.floor(random() * 70);
          const height = 1 + Math.floor(random() * 50);
          const [step, restartUnits, progressive] = [1 + Math.floor(random() * 40), Math.floor(random() * 4), i % 3 === 0];
          const bytes = randomJpeg({ width, height, sampling, step, restartUnits, progressive, random });
          await expectSame(
            bytes,
            `${name} ${width}x${height}, step ${step}, restarts ${restartUnits}, ${progressive ? 'progressive' : 'baseline'}`,
          );
        }
      }
      expect(taken - from).toBe(60 * Object.keys(SAMPLINGS).length);
    });

    it('gives the same pixels of an encoder: qualities 30 to 100, 4:2:0 and 4:4:4, grey, baseline and progressive', async () => {
      const from = taken;
      const qualities = Array.from({ length: 15 }, (_, i) => 30 + 5 * i);
      for (const [i, quality] of qualities.entries())
        for (const progressive of [false, true])
          for (const chromaSubsampling of ['4:2:0', '4:4:4', 'grey']) {
            const [width, height] = [40 + 3 * i, 30 + 7 * (i % 5)];
            const picture = sharp(gradient(width, height), { raw: { width, height, channels: 3 } });
            if (chromaSubsampling === 'grey') picture.greyscale();
            const options = chromaSubsampling === 'grey' ? {} : { chromaSubsampling };
            const bytes = await picture.jpeg({ quality, progressive, ...options }).toBuffer();
            await expectSame(bytes, `quality ${quality}, ${chromaSubsampling}, ${progressive ? 'progressive' : 'baseline'}`);
          }
      expect(taken - from).toBe(90);
    });

    it('has the same outcome for files with changed bytes and for files cut off', async () => {
      const random = randomFractions(11);
      for (let i = 0; i < 200; i++) {
        const bytes = randomJpeg({
          width: 40,
          height: 30,
          sampling: SAMPLINGS['4:2:0'],
          step: 8,
          progressive: i % 2 === 0,
          restartUnits: i % 3,
          random,
        });
        const cut = random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length;
        for (let n = 0; n < 1 + (i % 3); n++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        await expectSame(bytes.subarray(0, cut), `damaged ${i}`);
      }
    });

    it('says of no file that it is whole which the check in TypeScript refuses, and of each random one that it passes', async () => {
      const isWhole = (bytes: Uint8Array): boolean => {
        try {
          checkJpegScans(new ByteReader(bytes, 'JPEG'));
          return true;
        } catch {
          return false;
        }
      };
      const random = randomFractions(13);
      let [whole, refused] = [0, 0];
      const expectEqual = (bytes: Uint8Array, what: string): void => {
        const expected = isWhole(bytes);
        expect(jpeg.isWhole(bytes), what).toBe(expected);
        if (expected) whole++;
        else refused++;
      };
      for (let i = 0; i < 600; i++) {
        const sampling = Object.values(SAMPLINGS)[i % 6];
        const progressive = i % 4 > 1;
        const bytes = randomJpeg({
          width: 1 + (i % 50),
          height: 1 + (i % 37),
          sampling,
          step: 8,
          restartUnits: i % 3,
          progressive,
          random,
        });
        expectEqual(bytes, `random ${i}`);
        // Within the scan: what changes before it may be read by the one and left alone by the other.
        const scan = bytes.indexOf(Buffer.of(0xff, 0xda)) + 14;
        for (let n = 0; n <= i % 3; n++) bytes[scan + Math.floor(random() * (bytes.length - scan))] = Math.floor(random() * 256);
        if (i % 4 === 0) bytes.fill(i % 8 === 0 ? 0 : 0x55, scan + Math.floor(random() * (bytes.length - scan)), bytes.length - 2);
        const cut =
          i % 5 === 0
            ? Buffer.concat([bytes.subarray(0, scan + Math.floor(random() * (bytes.length - scan))), Buffer.of(0xff, 0xd9)])
            : bytes;
        // Behind the first scan of a progressive file are headers of others.
        if (!progressive) expectEqual(cut, `damaged ${i}`);
        else if (jpeg.isWhole(cut)) expect(isWhole(cut), `damaged ${i}`).toBe(true);
      }
      expect(whole).toBeGreaterThan(600);
      expect(refused).toBeGreaterThan(100);
      for (const { file } of corpus.filter(({ file }) => file.endsWith('.jpg'))) {
        const bytes = corpusBytes(file);
        if (jpeg.isWhole(bytes)) expect(isWhole(bytes), file).toBe(true);
      }
    });

    it('has the same verdict whatever byte of a file is changed, where it says that it is whole', () => {
      const random = randomFractions(17);
      for (const progressive of [false, true]) {
        const original = randomJpeg({ width: 40, height: 30, sampling: SAMPLINGS['4:2:0'], step: 8, restartUnits: 2, progressive, random });
        for (let i = 0; i < 1000; i++) {
          const bytes = Buffer.from(original);
          bytes[2 + ((i * 7) % (original.length - 2))] = Math.floor(random() * 256);
          if (jpeg.isWhole(bytes)) expect(() => checkJpegScans(new ByteReader(bytes, 'JPEG')), `byte ${i}`).not.toThrow();
        }
      }
    });

    it('is found in the cache the second time', async () => {
      expect(await provisionJpegDecoder(path)).toEqual({ path, library: jpeg.library, wasCached: true });
      expect(jpeg.library).toMatch(/^libjpeg-turbo \d/);
    });
  },
);

describe('openJpegDecoder', () => {
  it('says why there is none: nothing there, no binding, another version, other pixels', async () => {
    const write = (name: string, text: string): string => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const reasonOf = async (file: string): Promise<string | undefined> => (await openJpegDecoder(file)).reason;
    expect(await reasonOf(join(folder, 'none.node'))).toMatch(/^no JPEG decoder at .*none\.node; npm run provision builds it$/);
    expect(await reasonOf(write('broken.node', 'text'))).toMatch(/broken\.node does not load: .*; npm run provision builds it$/);
    expect(await reasonOf(write('old.cjs', 'exports.interface = 0'))).toMatch(/of another version/);
    const black = 'module.exports = { interface: 3, library: "black 1", decode(jpeg, width, height, rgb) { rgb.fill(0); return true; } }';
    expect(await reasonOf(write('black.cjs', black))).toMatch(/^black 1 and sharp decode a baseline JPEG of 4:4:4 to different pixels$/);
  });
});

describe('createReusedMemory', () => {
  it('gives the same bytes again, more where more are asked for, and does not keep large ones', () => {
    const memory = createReusedMemory(100);
    const first = memory(30);
    expect(memory(20).buffer).toBe(first.buffer);
    expect(memory(90)).toHaveLength(90);
    expect(memory(101).buffer).not.toBe(memory(101).buffer);
    expect(memory(10).byteLength).toBe(10);
  });
});
