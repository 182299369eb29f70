/**
 * Writes `files/`, the images of the corpus (docs/images.md). The files are kept in the repository, because another
 * version of an encoder gives other bytes: run `npx tsx runtime/testing/corpus/make.ts` only to add files, and look at
 * what changed. Encoded with sharp 0.35.5; what sharp cannot write is written by hand.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { avifLayers } from '../../image/avif/layers.ts';
import { withColourBox, withCrop, withPremultipliedReference, withStudioHeader, withStudioRange, withUnturnedAlpha } from './avif.ts';
import { animatedPng, withGifFrameAt, withWebpFramesAt } from './animations.ts';
import { greyProfile, PRIMARIES, rgbProfile } from './icc.ts';
import { greyOf, HEIGHT, interleaved, PALETTE, paletteIndices, scene, sceneAlpha, storedUnder, WIDTH } from './pictures.ts';
import { iccpData, u16s, u32s, withPngChunks, withPngChunksAround, writePng, type PngChunk } from './png.ts';
import { writeTiff, type TiffEntry } from './tiff.ts';
import type { RgbImage } from '../../image/rgb-image.ts';

const FILES = join(import.meta.dirname, 'files');

const main = scene(WIDTH, HEIGHT);
const alpha = sceneAlpha(WIDTH, HEIGHT);
const P3 = rgbProfile('Display P3, made for tests', PRIMARIES.displayP3, 'srgb');
const ADOBE = rgbProfile('Adobe RGB, made for tests', PRIMARIES.adobeRgb, { gamma: 2.19921875 });
const GREY_22 = greyProfile('Grey gamma 2.2, made for tests', { gamma: 2.2 });

const raw = ({ width, height, data }: RgbImage): Sharp => sharp(data, { raw: { width, height, channels: 3 } });
const grey = (): Sharp => sharp(greyOf(main), { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');
const rgba = (): Sharp => sharp(interleaved(main.data, 3, alpha), { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
/** The high byte is the level; the low byte must not matter. */
const deep = (levels: Uint8Array): Uint16Array => Uint16Array.from(levels, (level, i) => level * 256 + ((i * 73) & 255));
const jpeg = (image: RgbImage, options: JpegOptions = {}): Promise<Buffer> =>
  raw(image)
    .jpeg({ quality: 85, chromaSubsampling: '4:2:0', ...options })
    .toBuffer();

/** EXIF that gives an orientation and nothing else, big-endian, as a PNG's chunk holds it: one SHORT, as it should be, or something else. */
const exif = (orientation: number, type = 3, count = 1): Buffer => {
  const value = { 1: Uint8Array.of(orientation, 0, 0, 0), 4: u32s(orientation) }[type] ?? u16s(orientation, count > 1 ? 1 : 0);
  return Buffer.concat([Buffer.from('MM\0*', 'latin1'), u32s(8), u16s(1, 0x0112, type), u32s(count), value, u32s(0)]);
};
const orientedPng = (orientation: number): Promise<Buffer> =>
  raw(storedUnder(orientation, main))
    .png()
    .toBuffer()
    .then((file) => withPngChunks(file, [['eXIf', exif(orientation)]]));
const orientedJpeg = (orientation: number, metadata = exif(orientation), name = 'Exif\0\0'): Promise<Buffer> =>
  jpeg(storedUnder(orientation, main)).then((file) => withSegment(file, 0xe1, Buffer.concat([Buffer.from(name, 'latin1'), metadata])));
/** libheif writes the orientation as boxes, `irot` and `imir`, too. */
const orientedAvif = (orientation: number): Promise<Buffer> =>
  orientedPng(orientation).then((file) => sharp(file).keepExif().avif({ quality: 60 }).toBuffer());

/** APP2 segments of a JPEG's ICC profile (ICC.1, annex B.4), or any other segment, after SOI. */
function withSegment(file: Uint8Array, marker: number, content: Uint8Array): Buffer {
  const length = content.length + 2;
  return Buffer.concat([file.subarray(0, 2), Uint8Array.of(0xff, marker, length >> 8, length & 255), content, file.subarray(2)]);
}
const withIcc = (file: Uint8Array, profile: Uint8Array): Buffer =>
  withSegment(file, 0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]));

/** A profile by which nobody would overlook that it was used: red and green exchanged. */
const SWAPPED = rgbProfile('Red and green exchanged', [PRIMARIES.displayP3[1], PRIMARIES.displayP3[0], PRIMARIES.displayP3[2]], 'srgb');
const withSize = (profile: Buffer, size: number): Buffer => {
  const changed = Buffer.from(profile);
  changed.writeUInt32BE(size, 0);
  return changed;
};
/** Changes a byte of the checksum of a chunk. */
function withWrongChecksum(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, 'latin1');
  file[at + 4 + file.readUInt32BE(at - 4)] ^= 0x55;
  return file;
}

/** Finds where the data of a JPEG's first scan begin, and where its end marker does. */
const scanOf = (file: Buffer): [start: number, end: number] => [file.indexOf('\xff\xda', 0, 'latin1') + 14, file.length - 2];
/** The first half of the data, and the end marker. */
function withHalfScan(file: Buffer): Buffer {
  const [start, end] = scanOf(file);
  return Buffer.concat([file.subarray(0, (start + end) >> 1), file.subarray(end)]);
}
function withHalfScanZero(file: Buffer): Buffer {
  const [start, end] = scanOf(file);
  return Buffer.from(file).fill(0, (start + end) >> 1, end);
}
const withBytesBeforeEnd = (file: Buffer, ...bytes: number[]): Buffer =>
  Buffer.concat([file.subarray(0, -2), Uint8Array.from(bytes), file.subarray(-2)]);
/** Pillow 13 wrote these, because sharp writes no restart markers; the lossless one is by hand. They are kept, not made. */
const RESTARTS = readFileSync(join(FILES, 'jpeg-restarts.jpg'));
const restartMarker = (number: number): number =>
  RESTARTS.indexOf(`\xff${String.fromCharCode(0xd0 + number)}`, scanOf(RESTARTS)[0], 'latin1');

/** Zeros where the profile's tags are. */
const withDamagedProfile = (file: Buffer): Buffer => Buffer.from(file).fill(0, file.indexOf('acsp') + 164, file.indexOf('acsp') + 364);

/** The JPEG without its segments of a marker. */
function withoutSegment(file: Uint8Array, marker: number): Buffer {
  const kept: Uint8Array[] = [file.subarray(0, 2)];
  for (let at = 2; ;) {
    const length = 2 + file[at + 2] * 256 + file[at + 3];
    if (file[at + 1] === 0xda) return Buffer.concat([...kept, file.subarray(at)]);
    if (file[at + 1] !== marker) kept.push(file.subarray(at, at + length));
    at += length;
  }
}

type RiffChunk = [type: string, data: Uint8Array];

/** A simple lossless WebP as an extended one (RFC 9649, 2.7) with chunks before and after the picture. */
function extendedWebp(file: Uint8Array, width: number, height: number, flags: number, before: RiffChunk[], after: RiffChunk[]): Buffer {
  const chunk = ([type, data]: RiffChunk): Buffer =>
    Buffer.concat([Buffer.from(type, 'latin1'), u32s(data.length).reverse(), data, Buffer.alloc(data.length % 2)]);
  const head: RiffChunk = ['VP8X', Uint8Array.of(flags, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0)];
  const body = Buffer.concat([Buffer.from('WEBP'), ...[head, ...before].map(chunk), file.subarray(12), ...after.map(chunk)]);
  return Buffer.concat([Buffer.from('RIFF'), u32s(body.length).reverse(), body]);
}

function fileTypeBox(major: string, ...compatible: string[]): Buffer {
  const brands = Buffer.from(`${major}\0\0\0\0${compatible.join('')}`, 'latin1');
  return Buffer.concat([u32s(8 + brands.length), Buffer.from('ftyp'), brands, u32s(64), Buffer.from('free'), Buffer.alloc(56)]);
}

const paletteChunk: PngChunk = ['PLTE', Uint8Array.from(PALETTE.flat())];
const rgbPng = (chunks: PngChunk[] = []): Buffer =>
  writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 2, samples: main.data }, chunks);
const inverted = (width: number, height: number): Buffer =>
  writePng({ width, height, bitDepth: 8, colourType: 2, samples: scene(width, height).data.map((level) => 255 - level) });
/** The first half of the pixels' data, in a chunk whose length and checksum are right. */
function withHalfData(file: Buffer): Buffer {
  const at = file.indexOf('IDAT', 0, 'latin1');
  const data = file.subarray(at + 4, at + 4 + (file.readUInt32BE(at - 4) >> 1));
  return withPngChunksAround(Buffer.concat([file.subarray(0, at - 4), file.subarray(-12)]), [], [['IDAT', data]]);
}
const alphaPng = (chunks: PngChunk[]): Buffer =>
  writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 6, samples: interleaved(main.data, 3, alpha) }, chunks);
const turnedWithAlpha = (orientation: number): Uint8Array => {
  const spread = storedUnder(orientation, { ...main, data: main.data.map((_, i) => alpha[Math.floor(i / 3)]) });
  return interleaved(
    storedUnder(orientation, main).data,
    3,
    spread.data.filter((_, i) => i % 3 === 0),
  );
};
const multiplied = interleaved(
  main.data.map((level, i) => Math.round((level * alpha[Math.floor(i / 3)]) / 255)),
  3,
  alpha,
);
const frames = (count: number, channels: 3 | 4): Sharp => {
  const first = channels === 3 ? main.data : interleaved(main.data, 3, alpha);
  const all = Buffer.concat(Array.from({ length: count }, (_, i) => (i === 0 ? first : Buffer.from(first).reverse())));
  return sharp(all, { raw: { width: WIDTH, height: HEIGHT * count, channels, pageHeight: HEIGHT } });
};
const smallFrames = (): Sharp => {
  const { width, height, data } = scene(32, 24);
  return sharp(Buffer.concat([data, Buffer.from(data).reverse()]), { raw: { width, height: 2 * height, channels: 3, pageHeight: height } });
};
/** AVIF whose alpha has these levels; sharp stores alpha as a grey picture. */
const withGreyAlpha = (levels: Uint8Array, bitdepth: 8 | 10 = 8): Promise<Buffer> =>
  sharp(interleaved(main.data, 3, levels), { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
    .avif({ quality: 60, bitdepth })
    .toBuffer();
const greyAvif = (levels: Uint8Array, bitdepth: 8 | 10 = 8): Promise<Uint8Array> =>
  withGreyAlpha(levels, bitdepth).then((file) => avifLayers(Uint8Array.from(file))!.alpha!);
const studioGrey = greyOf(main).map((level) => Math.round(16 + (level * 219) / 255));
/** The picture with a black margin. */
const margined = (picture: RgbImage, left: number, top: number, right: number, bottom: number): Sharp =>
  sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 3 } }).extend({
    left,
    top,
    right,
    bottom,
    background: 'black',
  });

/** Luma and differences of BT.601, said to be of another matrix. */
const matrixAvifs = (codings: Record<string, { matrix: number; primaries: number }>): Record<string, Promise<Buffer>> =>
  Object.fromEntries(
    Object.entries(codings).map(([name, coding]) => [
      `avif-420-${name}.avif`,
      raw(main)
        .avif({ quality: 60, chromaSubsampling: '4:2:0' })
        .toBuffer()
        .then((file) => withColourBox(file, { ...coding, transfer: 13, fullRange: true })),
    ]),
  );
/** The size that the profile in a file gives, a hundred larger. */
function withLongerSize(file: Buffer): Buffer {
  const profile = file.indexOf('acsp', 0, 'latin1') - 36;
  file.writeUInt32BE(file.readUInt32BE(profile) + 100, profile);
  return file;
}

const fourSamples: TiffEntry[] = [
  { tag: 258, values: [8, 8, 8, 8] },
  { tag: 277, values: [4] },
];

async function files(): Promise<Record<string, Uint8Array>> {
  const made: Record<string, Uint8Array | Promise<Uint8Array>> = {
    'jpeg-420.jpg': jpeg(main),
    'jpeg-444.jpg': jpeg(main, { chromaSubsampling: '4:4:4' }),
    'jpeg-420-progressive.jpg': jpeg(main, { progressive: true }),
    'jpeg-444-progressive.jpg': jpeg(main, { progressive: true, chromaSubsampling: '4:4:4' }),
    'jpeg-420-quality-20.jpg': jpeg(main, { quality: 20 }),
    'jpeg-420-37x23.jpg': jpeg(scene(37, 23)),
    'jpeg-420-1x1.jpg': jpeg(scene(1, 1)),
    'jpeg-420-3x5.jpg': jpeg(scene(3, 5)),
    'jpeg-420-1x17.jpg': jpeg(scene(1, 17)),
    'jpeg-420-17x1.jpg': jpeg(scene(17, 1)),
    'jpeg-420-640x427.jpg': jpeg(scene(640, 427), { quality: 60 }),
    'jpeg-grey.jpg': grey().jpeg({ quality: 85 }).toBuffer(),
    'jpeg-rgb-colour-space.jpg': jpeg(main, { chromaSubsampling: '4:4:4' }).then((file) =>
      withSegment(withoutSegment(file, 0xe0), 0xee, Buffer.from('Adobe\0\x64\0\0\0\0\0', 'latin1')),
    ),
    'jpeg-display-p3.jpg': jpeg(main).then((file) => withIcc(file, P3)),
    'jpeg-adobe-rgb.jpg': jpeg(main).then((file) => withIcc(file, ADOBE)),
    'jpeg-grey-gamma-profile.jpg': grey()
      .jpeg({ quality: 85 })
      .toBuffer()
      .then((file) => withIcc(file, GREY_22)),
    'jpeg-grey-rgb-profile.jpg': grey()
      .jpeg({ quality: 85 })
      .toBuffer()
      .then((file) => withIcc(file, P3)),
    'jpeg-damaged-profile.jpg': jpeg(main).then((file) =>
      withIcc(
        file,
        P3.map((byte, i) => (i > 200 && i < 400 ? 0 : byte)),
      ),
    ),
    'jpeg-display-p3-exif-6.jpg': orientedJpeg(6).then((file) => withIcc(file, P3)),
    'jpeg-followed-by-bytes.jpg': jpeg(main).then((file) => Buffer.concat([file, Buffer.from('what a camera appends')])),
    'jpeg-called.png': jpeg(main),
    'jpeg-exif-6-long.jpg': orientedJpeg(6, exif(6, 4)),
    'jpeg-exif-6-byte.jpg': orientedJpeg(6, exif(6, 1)),
    'jpeg-exif-6-signed.jpg': orientedJpeg(6, exif(6, 8)),
    'jpeg-exif-6-two-numbers.jpg': orientedJpeg(6, exif(6, 3, 2)),
    'jpeg-exif-6-unpadded.jpg': orientedJpeg(6, exif(6), 'Exif\0\xff'),
    'jpeg-profile-wrong-size.jpg': jpeg(main).then((file) => withIcc(file, withSize(SWAPPED, SWAPPED.length + 100))),
    'jpeg-standard-tables.jpg': jpeg(main, { optimiseCoding: false }),
    'jpeg-bytes-before-end.jpg': jpeg(main).then((file) => withBytesBeforeEnd(file, 0x12, 0x34, 0x56, 0xff, 0xff)),
    'jpeg-half-scan.jpg': jpeg(main).then(withHalfScan),
    'jpeg-half-scan-progressive.jpg': jpeg(main, { progressive: true }).then(withHalfScan),
    'jpeg-half-scan-zero.jpg': jpeg(main).then(withHalfScanZero),
    'jpeg-restarts-one-less.jpg': Buffer.concat([RESTARTS.subarray(0, restartMarker(2)), RESTARTS.subarray(restartMarker(3))]),
    'jpeg-restarts-wrong-order.jpg': Buffer.from(RESTARTS).fill(0xd0, restartMarker(3) + 1, restartMarker(3) + 2),
    'jpeg-cut-off.jpg': jpeg(main).then((file) => file.subarray(0, file.length >> 1)),
    'jpeg-cmyk-adobe.jpg': raw(main).toColourspace('cmyk').jpeg({ quality: 50 }).toBuffer(),
    'jpeg-cmyk-plain.jpg': raw(main)
      .toColourspace('cmyk')
      .jpeg({ quality: 50 })
      .toBuffer()
      .then((file) => withoutSegment(file, 0xee)),

    'png-rgb.png': rgbPng(),
    'png-interlaced.png': raw(main).png({ progressive: true }).toBuffer(),
    'png-1x1.png': raw(scene(1, 1)).png().toBuffer(),
    'png-3x5.png': raw(scene(3, 5)).png().toBuffer(),
    'png-1x17.png': raw(scene(1, 17)).png().toBuffer(),
    'png-palette.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 4, colourType: 3, samples: paletteIndices(main) }, [
      paletteChunk,
    ]),
    'png-palette-transparent.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 3, samples: paletteIndices(main) }, [
      paletteChunk,
      ['tRNS', Uint8Array.from(PALETTE, (_, i) => i * 17)],
    ]),
    'png-grey.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 0, samples: greyOf(main) }),
    'png-grey-1-bit.png': writePng({
      width: WIDTH,
      height: HEIGHT,
      bitDepth: 1,
      colourType: 0,
      samples: greyOf(main).map((level) => level >> 7),
    }),
    'png-grey-2-bit.png': writePng({
      width: WIDTH,
      height: HEIGHT,
      bitDepth: 2,
      colourType: 0,
      samples: greyOf(main).map((level) => level >> 6),
    }),
    'png-grey-16-bit.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 16, colourType: 0, samples: deep(greyOf(main)) }),
    'png-grey-alpha.png': writePng({
      width: WIDTH,
      height: HEIGHT,
      bitDepth: 8,
      colourType: 4,
      samples: interleaved(greyOf(main), 1, alpha),
    }),
    'png-grey-transparent-level.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 0, samples: greyOf(main) }, [
      ['tRNS', u16s(greyOf(main)[0])],
    ]),
    'png-rgb-transparent-colour.png': rgbPng([['tRNS', u16s(255, 0, 0)]]),
    'png-rgb-16-bit.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 16, colourType: 2, samples: deep(main.data) }),
    'png-alpha.png': rgba().png().toBuffer(),
    'png-alpha-16-bit.png': writePng({
      width: WIDTH,
      height: HEIGHT,
      bitDepth: 16,
      colourType: 6,
      samples: deep(interleaved(main.data, 3, alpha)),
    }),
    'png-exif-6.png': orientedPng(6),
    'png-display-p3.png': rgbPng([['iCCP', iccpData(P3)]]),
    'png-adobe-rgb.png': rgbPng([['iCCP', iccpData(ADOBE)]]),
    'png-alpha-display-p3.png': writePng(
      { width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 6, samples: interleaved(main.data, 3, alpha) },
      [['iCCP', iccpData(P3)]],
    ),
    'png-16-bit-display-p3.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 16, colourType: 2, samples: deep(main.data) }, [
      ['iCCP', iccpData(P3)],
    ]),
    'png-grey-gamma-profile.png': writePng({ width: WIDTH, height: HEIGHT, bitDepth: 8, colourType: 0, samples: greyOf(main) }, [
      ['iCCP', iccpData(GREY_22)],
    ]),
    'png-grey-16-bit-gamma-profile.png': writePng(
      { width: WIDTH, height: HEIGHT, bitDepth: 16, colourType: 0, samples: deep(greyOf(main)) },
      [['iCCP', iccpData(GREY_22)]],
    ),
    'png-alpha-16-bit-display-p3.png': writePng(
      { width: WIDTH, height: HEIGHT, bitDepth: 16, colourType: 6, samples: deep(interleaved(main.data, 3, alpha)) },
      [['iCCP', iccpData(P3)]],
    ),
    'png-gamma.png': rgbPng([['gAMA', u32s(45455)]]),
    'png-gamma-linear.png': rgbPng([['gAMA', u32s(100000)]]),
    'png-gamma-primaries.png': rgbPng([
      ['gAMA', u32s(45455)],
      ['cHRM', u32s(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)],
    ]),
    'png-srgb-chunk.png': rgbPng([
      ['sRGB', Uint8Array.of(0)],
      ['gAMA', u32s(45455)],
    ]),
    'png-coded-display-p3.png': rgbPng([['cICP', Uint8Array.of(12, 13, 0, 1)]]),
    'png-profile-wrong-checksum.png': withWrongChecksum(rgbPng([['iCCP', iccpData(SWAPPED)]]), 'iCCP'),
    'png-profile-wrong-size.png': rgbPng([['iCCP', iccpData(withSize(SWAPPED, SWAPPED.length + 100))]]),
    'png-70000x1.png': writePng({ width: 70_000, height: 1, bitDepth: 1, colourType: 0, samples: new Uint8Array(70_000) }),
    'png-1x70000.png': writePng({ width: 1, height: 70_000, bitDepth: 1, colourType: 0, samples: new Uint8Array(70_000) }),
    'png-animated.png': animatedPng(rgbPng(), true, [inverted(WIDTH, HEIGHT)]),
    'png-animated-hidden-default.png': animatedPng(rgbPng(), false, [inverted(WIDTH, HEIGHT)]),
    'png-animated-small-frame.png': animatedPng(rgbPng(), false, [inverted(32, 24)]),
    'png-wrong-checksum.png': withWrongChecksum(rgbPng(), 'IDAT'),
    'png-half-data.png': withHalfData(rgbPng()),
    'png-cut-off.png': rgbPng().subarray(0, 2000),

    'webp-lossy.webp': raw(main).webp({ quality: 80 }).toBuffer(),
    'webp-lossy-37x23.webp': raw(scene(37, 23)).webp({ quality: 80 }).toBuffer(),
    'webp-lossy-1x1.webp': raw(scene(1, 1)).webp({ quality: 80 }).toBuffer(),
    'webp-lossless.webp': raw(main).webp({ lossless: true }).toBuffer(),
    'webp-lossy-alpha.webp': rgba().webp({ quality: 80 }).toBuffer(),
    'webp-lossless-alpha.webp': rgba().webp({ lossless: true, exact: true }).toBuffer(),
    'webp-display-p3.webp': raw(main)
      .webp({ lossless: true })
      .toBuffer()
      .then((file) => extendedWebp(file, WIDTH, HEIGHT, 0x20, [['ICCP', P3]], [])),
    'webp-exif-6.webp': raw(storedUnder(6, main))
      .webp({ lossless: true })
      .toBuffer()
      .then((file) => extendedWebp(file, HEIGHT, WIDTH, 0x08, [], [['EXIF', exif(6)]])),
    'webp-animated.webp': frames(2, 3)
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer(),
    'webp-animated-alpha.webp': frames(2, 4)
      .webp({ lossless: true, exact: true, delay: [100, 100] })
      .toBuffer(),
    'webp-first-frame-small.webp': smallFrames()
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer()
      .then((file) => withWebpFramesAt(file, { width: 64, height: 48 }, { left: 16, top: 12 })),
    'webp-profile-wrong-size.webp': raw(main)
      .webp({ lossless: true })
      .toBuffer()
      .then((file) => extendedWebp(file, WIDTH, HEIGHT, 0x20, [['ICCP', withSize(SWAPPED, SWAPPED.length + 100)]], [])),
    'webp-cut-off.webp': raw(main)
      .webp({ lossless: true })
      .toBuffer()
      .then((file) => file.subarray(0, 1000)),

    'gif-palette.gif': raw(main).gif({ colours: 16, dither: 0 }).toBuffer(),
    'gif-interlaced.gif': raw(main).gif({ colours: 16, dither: 0, progressive: true }).toBuffer(),
    'gif-transparent.gif': rgba().gif({ colours: 16, dither: 0 }).toBuffer(),
    'gif-first-frame-small.gif': smallFrames()
      .gif({ colours: 16, dither: 0, delay: [100, 100] })
      .toBuffer()
      .then((file) => withGifFrameAt(file, { width: 64, height: 48 }, { left: 16, top: 12 })),
    'gif-first-frame-outside.gif': smallFrames()
      .gif({ colours: 16, dither: 0, delay: [100, 100] })
      .toBuffer()
      .then((file) => withGifFrameAt(file, { width: 64, height: 48 }, { left: 48, top: 36 })),
    // Without a transparent colour anywhere, decoders fill what is uncovered as they like.
    'gif-opaque-frame-small.gif': raw(scene(32, 24))
      .gif({ colours: 16, dither: 0 })
      .toBuffer()
      .then((file) => withGifFrameAt(file, { width: 64, height: 48 }, { left: 16, top: 12 })),
    'gif-opaque-frame-outside.gif': raw(scene(32, 24))
      .gif({ colours: 16, dither: 0 })
      .toBuffer()
      .then((file) => withGifFrameAt(file, { width: 64, height: 48 }, { left: 48, top: 36 })),
    'gif-animated.gif': frames(2, 3)
      .gif({ colours: 16, dither: 0, delay: [100, 100] })
      .toBuffer(),

    'avif-420.avif': raw(main).avif({ quality: 60, chromaSubsampling: '4:2:0' }).toBuffer(),
    'avif-444.avif': raw(main).avif({ quality: 60, chromaSubsampling: '4:4:4' }).toBuffer(),
    'avif-420-37x23.avif': raw(scene(37, 23)).avif({ quality: 60, chromaSubsampling: '4:2:0' }).toBuffer(),
    'avif-lossless.avif': raw(main).avif({ lossless: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    'avif-alpha.avif': rgba().avif({ quality: 60, chromaSubsampling: '4:4:4' }).toBuffer(),
    'avif-420-alpha.avif': rgba().avif({ quality: 60, chromaSubsampling: '4:2:0' }).toBuffer(),
    'avif-420-alpha-37x23.avif': sharp(interleaved(scene(37, 23).data, 3, sceneAlpha(37, 23)), {
      raw: { width: 37, height: 23, channels: 4 },
    })
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer(),
    'avif-alpha-premultiplied.avif': sharp(multiplied, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then(withPremultipliedReference),
    'avif-alpha-display-p3.avif': sharp(alphaPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'avif-alpha-exif-6.avif': sharp(
      writePng({ width: HEIGHT, height: WIDTH, bitDepth: 8, colourType: 6, samples: turnedWithAlpha(6) }, [['eXIf', exif(6)]]),
    )
      .keepExif()
      .avif({ quality: 60 })
      .toBuffer(),
    'avif-420-display-p3.avif': sharp(rgbPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer(),
    'avif-444-adobe-rgb.avif': sharp(rgbPng([['iCCP', iccpData(ADOBE)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'avif-damaged-profile.avif': sharp(rgbPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then(withDamagedProfile),
    'avif-10-bit.avif': raw(main).avif({ quality: 60, bitdepth: 10, chromaSubsampling: '4:2:0' }).toBuffer(),
    'avif-12-bit.avif': raw(main).avif({ quality: 60, bitdepth: 12, chromaSubsampling: '4:4:4' }).toBuffer(),
    'avif-10-bit-studio-bt709.avif': raw(main)
      .avif({ quality: 60, bitdepth: 10, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 1, transfer: 13, matrix: 1, fullRange: false })),
    'avif-10-bit-display-p3.avif': sharp(rgbPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, bitdepth: 10, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'avif-10-bit-alpha.avif': rgba().avif({ quality: 60, bitdepth: 10, chromaSubsampling: '4:4:4' }).toBuffer(),
    'avif-12-bit-alpha-display-p3.avif': sharp(alphaPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, bitdepth: 12, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'avif-grey.avif': greyAvif(greyOf(main)),
    'avif-grey-studio.avif': greyAvif(studioGrey).then(withStudioRange),
    'avif-grey-10-bit-studio.avif': greyAvif(studioGrey, 10).then(withStudioRange),
    'avif-grey-studio-header.avif': withGreyAlpha(studioGrey).then(withStudioHeader),
    'avif-crop.avif': margined(main, 5, 2, 2, 9)
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer()
      .then((file) => withCrop(file, [WIDTH, 1, HEIGHT, 1, 3, 2, -7, 2])),
    'avif-crop-half-pixel.avif': margined(main, 5, 2, 2, 9)
      .avif({ quality: 60 })
      .toBuffer()
      .then((file) => withCrop(file, [WIDTH, 1, HEIGHT, 1, 1, 1, -7, 2])),
    'avif-crop-exif-6.avif': margined(storedUnder(6, main), 4, 0, 1, 3)
      .png()
      .toBuffer()
      .then((file) =>
        sharp(withPngChunks(file, [['eXIf', exif(6)]]))
          .keepExif()
          .avif({ quality: 60 })
          .toBuffer(),
      )
      .then((file) => withCrop(file, [HEIGHT, 1, WIDTH, 1, 3, 2, -3, 2])),
    'avif-alpha-unturned-exif-6.avif': sharp(
      writePng({ width: HEIGHT, height: WIDTH, bitDepth: 8, colourType: 6, samples: turnedWithAlpha(6) }, [['eXIf', exif(6)]]),
    )
      .keepExif()
      .avif({ quality: 60 })
      .toBuffer()
      .then(withUnturnedAlpha),
    ...matrixAvifs({
      'chroma-derived': { matrix: 12, primaries: 12 },
      'chroma-derived-bt2020': { matrix: 12, primaries: 9 },
      fcc: { matrix: 4, primaries: 4 },
      'smpte-240m': { matrix: 7, primaries: 7 },
      ycgco: { matrix: 8, primaries: 1 },
      'constant-luminance': { matrix: 10, primaries: 9 },
      ictcp: { matrix: 14, primaries: 9 },
    }),
    'avif-420-chroma-derived-10-bit.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:2:0', bitdepth: 10 })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 12, transfer: 13, matrix: 12, fullRange: false })),
    'avif-420-identity-matrix.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 1, transfer: 13, matrix: 0, fullRange: true })),
    'avif-420-37x23-exif-4.avif': raw(storedUnder(4, scene(37, 23)))
      .png()
      .toBuffer()
      .then((file) =>
        sharp(withPngChunks(file, [['eXIf', exif(4)]]))
          .keepExif()
          .avif({ quality: 60, chromaSubsampling: '4:2:0' })
          .toBuffer(),
      ),
    'avif-profile-wrong-size.avif': sharp(rgbPng([['iCCP', iccpData(SWAPPED)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then((file) => withLongerSize(file)),
    'avif-identity-matrix.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 1, transfer: 13, matrix: 0, fullRange: true })),
    'avif-exif-6.avif': orientedAvif(6),
    'avif-420-studio-bt709.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 1, transfer: 13, matrix: 1, fullRange: false })),
    'avif-444-studio-bt601.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 1, transfer: 13, matrix: 6, fullRange: false })),
    'avif-420-coded-display-p3.avif': raw(main)
      .avif({ quality: 60, chromaSubsampling: '4:2:0' })
      .toBuffer()
      .then((file) => withColourBox(file, { primaries: 12, transfer: 13, matrix: 6, fullRange: true })),
    'avif-444-display-p3.avif': sharp(rgbPng([['iCCP', iccpData(P3)]]))
      .keepIccProfile()
      .avif({ quality: 60, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'avif-exif-3.avif': orientedAvif(3),
    'avif-exif-5.avif': orientedAvif(5),
    'avif-exif-7.avif': orientedAvif(7),
    'avif-exif-8.avif': orientedAvif(8),
    'avif-cut-off.avif': raw(main)
      .avif({ quality: 60 })
      .toBuffer()
      .then((file) => file.subarray(0, file.length - 100)),

    'tiff-orientation-6-long.tif': writeTiff({ width: HEIGHT, height: WIDTH }, storedUnder(6, main).data, [
      { tag: 274, type: 4, values: [6] },
    ]),
    'tiff-extra-sample.tif': writeTiff(main, interleaved(main.data, 3, alpha), [...fourSamples, { tag: 338, values: [0] }]),
    'tiff-alpha.tif': writeTiff(main, interleaved(main.data, 3, alpha), [...fourSamples, { tag: 338, values: [2] }]),
    'tiff-float32.tif': writeTiff(
      { width: 8, height: 6 },
      Buffer.from(Float32Array.from(scene(8, 6).data, (level) => level / 255).buffer),
      [
        { tag: 258, values: [32, 32, 32] },
        { tag: 339, values: [3, 3, 3] },
      ],
    ),
    'tiff-uint32.tif': writeTiff(
      { width: 8, height: 6 },
      Buffer.from(Uint32Array.from(scene(8, 6).data, (level) => level * 0x01010101).buffer),
      [{ tag: 258, values: [32, 32, 32] }],
    ),
    'tiff-int16.tif': writeTiff({ width: 8, height: 6 }, Buffer.from(Int16Array.from(scene(8, 6).data, (level) => level * 128).buffer), [
      { tag: 258, values: [16, 16, 16] },
      { tag: 339, values: [2, 2, 2] },
    ]),
    'tiff-jpeg-2000.tif': writeTiff({ width: 8, height: 6 }, new Uint8Array(100), [{ tag: 259, values: [34712] }]),
    'tiff.tif': raw(main).tiff({ compression: 'lzw' }).toBuffer(),
    'heic.heic': fileTypeBox('heic', 'mif1', 'heic'),
    'heic-called.jpg': fileTypeBox('mif1', 'mif1', 'heic'),
    'svg.svg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
  };
  for (let orientation = 1; orientation <= 8; orientation++) made[`jpeg-exif-${orientation}.jpg`] = orientedJpeg(orientation);
  return Object.fromEntries(await Promise.all(Object.entries(made).map(async ([name, bytes]) => [name, await bytes] as const)));
}

mkdirSync(FILES, { recursive: true });
let total = 0;
for (const [name, bytes] of Object.entries(await files())) {
  writeFileSync(join(FILES, name), bytes);
  total += bytes.length;
}
process.stdout.write(`${total} bytes in ${FILES}\n`);
