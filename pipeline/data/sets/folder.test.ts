import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { DEFAULT_LIMITS, preprocessToPixels, type Preprocessing } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import { gradient, gradientImage } from '@sld-edge/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf } from '../../testing/error-of.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { channelStatistics } from './channel-statistics.ts';
import { createRandom } from '../augmentation/random.ts';
import { NO_LABEL } from './dataset.ts';
import { imageSetHandle, joinedSets, openImageSet, subsetOf } from './image-set.ts';
import { openDataset, type Dataset, type ImageSet } from './index.ts';

let root: string;
let cacheDir: string;
let said: string[];

beforeEach(() => {
  const folder = temporaryFolder();
  root = join(folder, 'pictures');
  cacheDir = join(folder, 'cache');
  mkdirSync(root);
});

function write(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), bytes);
}

function open(options: { imageSize?: number; cropRatio?: number; viewSide?: number; maxUnreadable?: number } = {}): Promise<Dataset> {
  said = [];
  return openDataset(`folder:${root}`, { cacheDir, onProgress: (line) => said.push(line), ...options });
}

const solid = (level: number, size = 8): Promise<Buffer> =>
  sharp({ create: { width: size, height: size, channels: 3, background: { r: level, g: level, b: 255 - level } } })
    .png()
    .toBuffer();

const pixelsOfSolid = (level: number): Uint8Array => Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === 2 ? 255 - level : level));

/** `count` images each of two classes, every one of its own colour. */
async function writeTwoClasses(count: number, size = 8): Promise<void> {
  for (let i = 0; i < count; i++) {
    write(`dark/${String(i).padStart(3, '0')}.png`, await solid(i, size));
    write(`light/${String(i).padStart(3, '0')}.png`, await solid(255 - i, size));
  }
}

const imagesOf = ({ count, images }: ImageSet): string[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(images.image(i)).toString('base64'));
const sets = (dataset: Dataset): [string[], number[]][] =>
  [dataset.train, dataset.validation!, dataset.test].map((set) => [imagesOf(set), [...set.labels]]);
const decodedLine = (): string | undefined => said.find((line) => line.startsWith('decoded'));
const reportPath = (): string =>
  join(
    cacheFolder(),
    readdirSync(cacheFolder()).find((name) => name.startsWith('unreadable-'))!,
  );
const cacheFolder = (): string => join(cacheDir, 'decoded', readdirSync(join(cacheDir, 'decoded'))[0]);

/** A JPEG without its APP1 segment, its scan as it is. */
function withoutExif(jpeg: Buffer): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xe1]));
  return Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2 + jpeg.readUInt16BE(at + 2))]);
}

/** Files of every kind, in one place: the name says what each is. */
const mixed: Record<string, () => Promise<Uint8Array>> = {
  'baseline.jpg': () => gradientImage(60, 40).jpeg().toBuffer(),
  'progressive.jpeg': () => gradientImage(61, 40).jpeg({ progressive: true }).toBuffer(),
  'palette.png': () => gradientImage(40, 60).png({ palette: true }).toBuffer(),
  'alpha.png': () => gradientImage(33, 33).ensureAlpha(0.5).png().toBuffer(),
  'alpha.webp': () => gradientImage(34, 33).ensureAlpha(0.5).webp().toBuffer(),
  'grey.png': () => gradientImage(35, 50).greyscale().png().toBuffer(),
  'grey.jpg': () => gradientImage(36, 50).greyscale().jpeg().toBuffer(),
  'grey and alpha.png': () =>
    sharp(
      Uint8Array.from({ length: 2 * 32 * 32 }, (_, i) => i % 251),
      { raw: { width: 32, height: 32, channels: 2 } },
    )
      .toColourspace('b-w')
      .png()
      .toBuffer(),
  'sixteen bits.tif': () =>
    sharp(
      Uint16Array.from({ length: 3 * 40 * 30 }, (_, i) => (i * 37) % 65536),
      { raw: { width: 40, height: 30, channels: 3 } },
    )
      .toColourspace('rgb16')
      .tiff()
      .toBuffer(),
  'sixteen bits.png': () =>
    sharp(
      Uint16Array.from({ length: 3 * 41 * 30 }, (_, i) => (i * 37) % 65536),
      { raw: { width: 41, height: 30, channels: 3 } },
    )
      .toColourspace('rgb16')
      .png()
      .toBuffer(),
  'compressed.tiff': () => gradientImage(37, 37).tiff({ compression: 'lzw' }).toBuffer(),
  'photo.avif': () => gradientImage(64, 64).avif().toBuffer(),
  'still.gif': () => gradientImage(50, 20).gif().toBuffer(),
  'animated.gif': () =>
    sharp(gradient(20, 60), { raw: { width: 20, height: 60, channels: 3, pageHeight: 20 } })
      .gif({ delay: [10, 10, 10] })
      .toBuffer(),
  'animated.webp': () =>
    sharp(gradient(22, 66), { raw: { width: 22, height: 66, channels: 3, pageHeight: 22 } })
      .webp({ delay: [10, 10, 10], lossless: true })
      .toBuffer(),
  'display p3.png': () => gradientImage(48, 48).withIccProfile('p3').png().toBuffer(),
  'png called.jpg': () => gradientImage(51, 20).png().toBuffer(),
  'one pixel.png': () => gradientImage(1, 1).png().toBuffer(),
  'a line.png': () => gradientImage(300, 1).png().toBuffer(),
};

const broken: Record<string, [make: () => Promise<Uint8Array>, reason: RegExp]> = {
  'four inks.jpg': [() => gradientImage().toColourspace('cmyk').jpeg().toBuffer(), /^IMAGE_CMYK: /],
  'cut off.jpg': [async () => (await gradientImage(64, 64).jpeg().toBuffer()).subarray(0, 900), /^IMAGE_TRUNCATED: /],
  'cut off.png': [async () => (await gradientImage(64, 64).png().toBuffer()).subarray(0, 900), /^IMAGE_TRUNCATED: /],
  'empty.png': [async () => new Uint8Array(0), /^IMAGE_NOT_RECOGNISED: /],
  'text.jpg': [async () => Buffer.from('this is no picture'), /^IMAGE_NOT_RECOGNISED: /],
  'phone.heic': [async () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /^IMAGE_HEIC: /],
  'bomb.png': [
    () =>
      sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#000' } })
        .png()
        .toBuffer(),
    /^IMAGE_TOO_MANY_PIXELS: /,
  ],
};

describe('folder of mixed pictures', () => {
  const SIZE = 32;
  const preprocessing: Preprocessing = { height: SIZE, width: SIZE, channels: 3, fit: 'cover', filter: 'triangle', mean: [], std: [] };

  it('reads every format to the pixels that the server gives the network, and names what it cannot read', async () => {
    const expected = new Map<string, string>();
    for (const [name, make] of Object.entries(mixed)) {
      const bytes = await make();
      write(`train/some/${name}`, bytes);
      expected.set(name, Buffer.from(preprocessToPixels(await decodeImage(bytes, DEFAULT_LIMITS), preprocessing)).toString('base64'));
    }
    for (const [name, [make]] of Object.entries(broken)) write(`train/some/${name}`, await make());
    for (const split of ['train', 'val', 'test']) write(`${split}/other/plain ${split}.png`, await solid(split.length, 40));

    const dataset = await open({ imageSize: SIZE });
    expect([dataset.labels, dataset.height, dataset.width, dataset.channels]).toEqual([['other', 'some'], SIZE, SIZE, 3]);
    expect([dataset.train.count, dataset.validation!.count, dataset.test.count]).toEqual([Object.keys(mixed).length + 1, 1, 1]);
    const some = imagesOf(dataset.train).filter((_, i) => dataset.train.labels[i] === 1);
    expect(some.sort()).toEqual([...expected.values()].sort());

    expect(dataset.skipped).toBe(Object.keys(broken).length);
    const report = readFileSync(reportPath(), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(report.map(([path]) => path)).toEqual(
      Object.keys(broken)
        .map((name) => `train/some/${name}`)
        .sort(),
    );
    for (const [path, reason] of report) expect(reason, path).toMatch(broken[path.slice('train/some/'.length)][1]);
    expect(said.filter((line) => line.startsWith('skipped'))).toHaveLength(report.length);
    expect(said).toContain(
      `${report.length} of 29 files in ${root} can't be read and are skipped (allowed: 10); all are listed in ${reportPath()}`,
    );
  });

  it('turns each EXIF orientation upright', async () => {
    const last = 15;
    /** Position in the upright picture of the stored pixel (x, y), by orientation (TIFF 6.0, tag 274). */
    const uprightOf: Record<number, (x: number, y: number) => [number, number]> = {
      1: (x, y) => [x, y],
      2: (x, y) => [last - x, y],
      3: (x, y) => [last - x, last - y],
      4: (x, y) => [x, last - y],
      5: (x, y) => [y, x],
      6: (x, y) => [last - y, x],
      7: (x, y) => [last - y, last - x],
      8: (x, y) => [y, last - x],
    };
    const levelAt = (x: number, y: number): number[] => [x * 16, y * 16, (x * y) % 256];
    const picture = (pixelAt: (x: number, y: number) => number[]): Uint8Array =>
      Uint8Array.from(Array.from({ length: 256 }, (_, i) => pixelAt(i % 16, i >> 4)).flat());
    for (const [orientation, place] of Object.entries(uprightOf)) {
      const stored = picture((x, y) => levelAt(...place(x, y)));
      write(
        `train/up/${orientation}.tif`,
        await sharp(stored, { raw: { width: 16, height: 16, channels: 3 } })
          .withMetadata({ orientation: Number(orientation) })
          .tiff({ compression: 'none' })
          .toBuffer(),
      );
    }
    write('train/other/1.png', await solid(7, 16));
    for (const split of ['val', 'test'])
      for (const label of ['up', 'other']) write(`${split}/${label}/1.png`, await solid(split.length, 16));
    const { train } = await open();
    const wanted = Buffer.from(picture(levelAt)).toString('base64');
    const up = imagesOf(train).filter((_, i) => train.labels[i] === 1);
    expect(up.map((pixels) => pixels === wanted)).toEqual(new Array(8).fill(true));
  });
});

describe('folder', () => {
  it('splits flat classes by content, whatever the files are called', async () => {
    await writeTwoClasses(20);
    const dataset = await open();
    expect([dataset.name, dataset.source, dataset.labels]).toEqual(['pictures', 'local folder pictures', ['dark', 'light']]);
    expect([dataset.train.count, dataset.validation!.count, dataset.test.count]).toEqual([32, 4, 4]);
    expect(new Set(sets(dataset).flatMap(([images]) => images)).size).toBe(40);
    expect([...dataset.test.labels].sort()).toEqual([0, 0, 1, 1]);
    for (const name of readdirSync(join(root, 'dark'))) renameSync(join(root, 'dark', name), join(root, 'dark', `renamed ${name}`));
    expect(sets(await open())).toEqual(sets(dataset));
  });

  it('decodes once: a second opening reads the cache, and states the same', async () => {
    await writeTwoClasses(10);
    const first = await open();
    expect(decodedLine()).toMatch(/^decoded 20 images of .* to 8x8 in /);
    const second = await open();
    expect(decodedLine()).toBeUndefined();
    expect(sets(second)).toEqual(sets(first));
    expect({ ...second, train: 0, validation: 0, test: 0 }).toEqual({ ...first, train: 0, validation: 0, test: 0 });
    expect(first.statistics).toEqual(channelStatistics(first.train.images, 3));
    const lines = ['dark', 'light'].flatMap((label) =>
      readdirSync(join(root, label))
        .sort()
        .map(
          (name) =>
            `${createHash('sha256')
              .update(readFileSync(join(root, label, name)))
              .digest('hex')}  ${label}/${name}\n`,
        ),
    );
    expect(Object.values(first.checksums)).toEqual([createHash('sha256').update(lines.join('')).digest('hex')]);
  });

  it('decodes again only what came or changed, and keeps the two latest caches', async () => {
    await writeTwoClasses(20);
    await open();
    write('dark/020.png', await solid(100));
    write('light/000.png', await solid(101));
    const later = new Date(Date.now() + 5000);
    utimesSync(join(root, 'light/000.png'), later, later);
    rmSync(join(root, 'dark/003.png'));
    const changed = await open();
    expect(said[0]).toBe(`${root}: 38 of 40 images are as they were, 2 are decoded anew`);
    expect(decodedLine()).toMatch(/^decoded 2 images/);
    rmSync(cacheDir, { recursive: true });
    expect(sets(await open())).toEqual(sets(changed));
    for (const name of ['a', 'b', 'c']) {
      copyFileSync(join(root, 'light/001.png'), join(root, `light/${name}.png`));
      await open();
    }
    expect(readdirSync(cacheFolder()).filter((name) => statSync(join(cacheFolder(), name)).isDirectory())).toHaveLength(2);
  });

  it('shares one cache between copies of the same pictures, and makes another where bytes differ under the same names and sizes', async () => {
    await writeTwoClasses(10);
    const first = await open();
    const states = (): string[] => readdirSync(cacheFolder()).filter((name) => statSync(join(cacheFolder(), name)).isDirectory());
    const copy = join(root, '..', 'copy', 'of another name');
    cpSync(root, copy, { recursive: true });
    const openCopy = () => openDataset(`folder:${copy}`, { cacheDir, onProgress: (line) => void said.push(line) });
    said.length = 0;
    const second = await openCopy();
    expect(decodedLine()).toBeUndefined();
    expect(said).toContainEqual(`${copy}: its 20 files have names and sizes of pictures that are decoded already; comparing their bytes`);
    expect(sets(second)).toEqual(sets(first));
    expect(second.checksums).toEqual(first.checksums);
    said.length = 0;
    await openCopy();
    expect(said.filter((line) => line.includes('comparing'))).toEqual([]);
    expect(states()).toHaveLength(1);
    const path = join(copy, 'dark/003.png');
    const bytes = readFileSync(path);
    // A byte of the PNG's pixels' check sum at the end: the same size, another file.
    writeFileSync(path, Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]));
    await openCopy();
    expect(states()).toHaveLength(2);
    said.length = 0;
    expect(sets(await open())).toEqual(sets(first));
    expect(decodedLine()).toBeUndefined();
  });

  it('goes on where it was when a limit refused it', async () => {
    await writeTwoClasses(10);
    for (let i = 0; i < 3; i++) write(`dark/broken ${i}.png`, 'nothing');
    const error = await errorOf(() => open({ maxUnreadable: 0 }));
    const report = reportPath();
    expect(error).toMatchObject({
      code: 'IMAGES_UNREADABLE',
      message: expect.stringContaining(
        `3 of 23 files in ${root} can't be read, allowed: 0 (--max-unreadable 0); all are listed in ${report}: dark/broken 0.png (IMAGE_NOT_RECOGNISED: `,
      ),
    });
    expect(readFileSync(report, 'utf8').split('\n')).toHaveLength(4);
    await open();
    expect(said[0]).toBe(`${root}: 20 of 23 images are decoded already, going on`);
    expect(decodedLine()).toMatch(/^decoded 3 images/);
    // The limit holds for what is cached too.
    expect(await errorOf(() => open({ maxUnreadable: 0 }))).toMatchObject({ code: 'IMAGES_UNREADABLE' });
  });

  it('goes on after SIGKILL, with the same result', async () => {
    const COUNT = 60;
    const pixels = gradient(700, 500);
    for (let i = 0; i < COUNT; i++) {
      pixels[0] = i;
      write(
        `${i % 2 === 0 ? 'a' : 'b'}/${i}.png`,
        await sharp(pixels, { raw: { width: 700, height: 500, channels: 3 } })
          .png({ compressionLevel: 1 })
          .toBuffer(),
      );
    }
    const script = join(root, '..', 'open.mts');
    writeFileSync(
      script,
      `import { openDataset } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};\nawait openDataset(${JSON.stringify(`folder:${root}`)}, { cacheDir: ${JSON.stringify(cacheDir)}, imageSize: 16 });\n`,
    );
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const entries = (): Buffer | undefined => {
      const made = existsSync(join(cacheDir, 'decoded')) && readdirSync(join(cacheDir, 'decoded')).length > 0;
      const home = made ? cacheFolder() : '';
      const partial = home && readdirSync(home).find((name) => name.endsWith('.partial'));
      return partial && existsSync(join(home, partial, 'index.bin')) ? readFileSync(join(home, partial, 'index.bin')) : undefined;
    };
    while (child.exitCode === null && !entries()?.some((byte) => byte !== 0)) await sleep(2);
    child.kill('SIGKILL');
    expect((await exited)[1]).toBe('SIGKILL');
    const resumed = await open({ imageSize: 16 });
    expect(said).toContainEqual(expect.stringMatching(new RegExp(`: \\d+ of ${COUNT} images are decoded already, going on$`)));
    expect(readdirSync(cacheFolder()).some((name) => name.endsWith('.partial'))).toBe(false);
    rmSync(cacheDir, { recursive: true });
    expect(sets(await open({ imageSize: 16 }))).toEqual(sets(resumed));
  });

  it('tells of imbalance, copies and wrong labels', async () => {
    for (let i = 0; i < 20; i++) write(`often/${i}.png`, await solid(i));
    for (let i = 0; i < 5; i++) write(`rare/${i}.png`, await solid(100 + i));
    write('rare/copy.png', await solid(3));
    await open();
    expect(said).toEqual(
      expect.arrayContaining([
        `${root}: 1 files show the same pixels as others; no copies are split between training, validation and test`,
        `${root}: 1 copies lie in another class than their original: some labels must be wrong`,
        expect.stringMatching(/^training images of 2 classes: largest often 16, smallest rare [34], ratio [45]\.\d\d$/),
        'the classes are not balanced: --class-weights balanced makes each count as much as any other',
      ]),
    );
  });

  it('takes the same pixels in other bytes for one picture, which is never split', async () => {
    const picture = (i: number): Sharp => gradientImage(24, 24).modulate({ brightness: 0.4 + i / 50 });
    for (let i = 0; i < 20; i++) {
      const png = await picture(i).png().toBuffer();
      const jpeg = await picture(i)
        .jpeg()
        .withExif({ IFD0: { Copyright: 'nobody' } })
        .toBuffer();
      write(`png/${i}.png`, png);
      write(`png/${i} again.png`, await sharp(png).png({ compressionLevel: 0, adaptiveFiltering: true }).toBuffer());
      write(`png/${i}.webp`, await sharp(png).webp({ lossless: true }).toBuffer());
      write(`jpeg/${i}.jpg`, jpeg);
      write(`jpeg/${i} tail.jpg`, Buffer.concat([jpeg, Buffer.from('bytes after the end')]));
      write(`jpeg/${i} stripped.jpg`, withoutExif(jpeg));
    }
    const { train, validation, test } = await open();
    expect(said.find((line) => line.includes('show the same'))).toBe(
      `${root}: 80 files show the same pixels as others, 80 of them saved in other bytes; no copies are split between training, validation and test`,
    );
    const trained = new Set(imagesOf(train));
    for (const held of [validation!, test]) expect(imagesOf(held).filter((image) => trained.has(image))).toEqual([]);
    expect([validation!.count, test.count]).toEqual([12, 12]);
  });

  it('says where copies are split, as the folders have it, and what looks almost alike', async () => {
    // Pictures with outlines of their own: a few grey blocks each.
    const blocks = (seed: number): Sharp => {
      const random = createRandom(seed);
      const levels = Uint8Array.from({ length: 6 * 6 }, () => random.integer(256));
      return sharp(levels, { raw: { width: 6, height: 6, channels: 1 } }).resize(48, 48, { kernel: 'nearest' });
    };
    for (let i = 0; i < 12; i++) {
      write(`train/${i % 2 ? 'odd' : 'even'}/${i}.png`, await blocks(i).png().toBuffer());
      write(
        `val/${i % 2 ? 'odd' : 'even'}/${i}.png`,
        await blocks(100 + i)
          .png()
          .toBuffer(),
      );
      write(
        `test/${i % 2 ? 'odd' : 'even'}/${i}.png`,
        await blocks(200 + i)
          .png()
          .toBuffer(),
      );
    }
    write('test/odd/copy.webp', await blocks(3).webp({ lossless: true }).toBuffer());
    write('test/odd/lighter.jpg', await blocks(5).linear(0.8, 40).jpeg({ quality: 60 }).toBuffer());
    write('val/even/small.jpg', await blocks(4).jpeg({ quality: 50 }).toBuffer());
    await open({ imageSize: 32 });
    expect(said).toContain(
      `${root}: 1 files show the same pixels as others, 1 of them saved in other bytes; of 1 pictures the copies lie in more than one split, as the folders have it`,
    );
    expect(said).toContain(`${root}: 1 validation or test files are copies of training images: figures will flatter`);
    expect(said.find((line) => line.startsWith('warning: '))).toBe(
      `warning: ${root}: 2 validation or test files look almost like a file of another split (val/even/small.jpg like train/even/4.png; test/odd/lighter.jpg like train/odd/5.png): figures may flatter. Keep series and edited copies in one split, with train/, val/ and test/ folders of your own`,
    );
  });

  it('is kept at the files’ own size where they all share one', async () => {
    for (const label of ['a', 'b'])
      for (let i = 0; i < 4; i++)
        write(
          `${label}/${i}.png`,
          await gradientImage(12, 10)
            .modulate({ brightness: 1 + i / 10 + (label === 'a' ? 0 : 1) })
            .png()
            .toBuffer(),
        );
    expect(await open()).toMatchObject({ height: 10, width: 12 });
  });

  it.each<[string, () => Promise<void>, object, string, RegExp]>([
    [
      'pictures of several sizes without a size',
      async () => (await writeTwoClasses(4), write('light/wide.png', await gradientImage(9, 8).png().toBuffer())),
      {},
      'IMAGE_SIZES_DIFFER',
      /differ in size: light\/wide.png is 9x8, the first is 8x8; --image-size N brings all to N by N pixels$/,
    ],
    [
      'a folder of nothing readable',
      async () => (write('a/1.png', 'x'), write('b/2.png', 'y')),
      {},
      'IMAGES_UNREADABLE',
      /^none of the 2 files in .* can be read; the last was b\/2.png \(IMAGE_NOT_RECOGNISED/,
    ],
    [
      'a class of nothing readable',
      async () => (await writeTwoClasses(5), write('none/1.png', 'x')),
      {},
      'CLASS_EMPTY',
      /^no training image of "none" in .* can be read$/,
    ],
    [
      'more pictures than the disk has room for',
      () => writeTwoClasses(5),
      { imageSize: 3_000_000 },
      'DISK_FULL',
      /^the 10 decoded images of .* need 270000.00 GB, .* are free at/,
    ],
  ])('refuses %s in one line', async (_, prepare, options, code, text) => {
    await prepare();
    const error = await errorOf(() => open(options));
    expect(error.message).toMatch(text);
    expect(error).toMatchObject({ code });
  });

  it('wants a path', async () => {
    expect(await errorOf(() => openDataset('folder'))).toMatchObject({
      code: 'FOLDER_MISSING',
      message: 'the data set "folder" is read from a folder of yours; expected folder:/path/to/it',
    });
  });
});

describe('larger pictures, which views are cut from', () => {
  it('lie beside the images, whole, and are read by threads and subsets as they are', async () => {
    await writeTwoClasses(20, 24);
    write(
      'dark/wide.png',
      await sharp(Buffer.from(gradient(40, 24)), { raw: { width: 40, height: 24, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const plain = await open({ imageSize: 7, cropRatio: 0.875 });
    const { train, test } = await open({ imageSize: 7, cropRatio: 0.875, viewSide: 8 });
    expect(imagesOf(train)).toEqual(imagesOf(plain.train));
    expect(imagesOf(test)).toEqual(imagesOf(plain.test));
    const { images, height, width } = train.larger!;
    expect([height, width, images.imageBytes, images.count]).toEqual([8, 8, 192, train.count]);
    const whole = await open({ imageSize: 8 });
    expect(imagesOf({ ...train, images })).toEqual(imagesOf(whole.train));
    const { larger } = openImageSet(imageSetHandle(subsetOf(train, Uint32Array.of(5, 2))));
    expect([...larger!.images.image(1)]).toEqual([...images.image(2)]);
    expect([...larger!.images.range(0, 2)]).toEqual([...images.image(5), ...images.image(2)]);
  });
});

describe('a folder of pictures without labels', () => {
  it.each(['', 'train/'])('is a set of its own, beside the classes or the splits (%s)', async (above) => {
    for (let i = 0; i < 8; i++) {
      write(`${above}dark/${i}.png`, await solid(i));
      write(`${above}light/${i}.png`, await solid(255 - i));
    }
    write('unlabelled/deep/a.png', await solid(100));
    write('Unlabeled/b.png', await solid(101));
    write('unlabelled/copy.png', await solid(3));
    const { labels, train, validation, test, unlabelled } = await open();
    expect(labels).toEqual(['dark', 'light']);
    expect(train.count + validation!.count + test.count).toBe(16);
    expect(unlabelled!.count).toBe(2);
    expect([...unlabelled!.labels]).toEqual([NO_LABEL, NO_LABEL]);
    expect(imagesOf(unlabelled!).sort()).toEqual([100, 101].map((level) => Buffer.from(pixelsOfSolid(level)).toString('base64')).sort());
    const all = joinedSets(train, unlabelled!);
    expect(imagesOf(all)).toEqual([...imagesOf(train), ...imagesOf(unlabelled!)]);
    expect([...all.labels]).toEqual([...train.labels, NO_LABEL, NO_LABEL]);
    // From the cache, the same.
    expect(imagesOf((await open()).unlabelled!)).toEqual(imagesOf(unlabelled!));
  });
});
