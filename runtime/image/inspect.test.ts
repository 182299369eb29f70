import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/catalogue.ts';
import { writeTiff, type TiffEntry } from '../testing/corpus/tiff.ts';
import { cmykFiles, encodedFiles, encodedSize, type EncodedFixture } from './fixtures/fixtures.ts';
import { DEFAULT_LIMITS, type ImageLimits } from './limits.ts';
import { inspectImage } from './inspect.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const fileTypeBox = (major: string, ...compatible: string[]): Uint8Array => {
  const brands = `${major}\0\0\0\0${compatible.join('')}`;
  return latin1(`\0\0\0${String.fromCharCode(8 + brands.length)}ftyp${brands}\0\0\0\x08free`);
};

/** The code of the AppError that inspecting throws; anything else thrown fails the test. */
function codeOf(bytes: Uint8Array, limits?: ImageLimits): string {
  try {
    inspectImage(bytes, limits);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.code;
  }
}

const fixture = (name: string): Uint8Array => {
  const file = encodedFiles.find((entry) => entry.name === name);
  if (!file) throw new Error(`there is no fixture "${name}"`);
  return file.bytes.slice();
};

describe('inspectImage on whole files', () => {
  it.each(encodedFiles)('accepts $name', ({ format, bytes }) => {
    expect(inspectImage(bytes)).toMatchObject({ format, ...encodedSize });
  });

  it.each(encodedFiles)('calls $name truncated wherever it is cut', ({ bytes, format }) => {
    // Shorter pieces do not even show what they are.
    const signature = { jpeg: 3, png: 8, webp: 12, gif: 6, avif: 16, tiff: 4 }[format];
    for (let length = 0; length < bytes.length; length++) {
      const code = codeOf(bytes.subarray(0, length));
      expect(`${length}: ${code}`).toBe(`${length}: ${length < signature ? codeWithoutSignature(code) : 'IMAGE_TRUNCATED'}`);
    }
  });

  // The brand of an AVIF file comes 4 bytes before the end of what we ask for.
  const codeWithoutSignature = (code: string): string => (code === 'IMAGE_TRUNCATED' ? code : 'IMAGE_NOT_RECOGNISED');

  it('reads a view into a larger buffer', () => {
    const bytes = fixture('png');
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 7);
    expect(inspectImage(larger.subarray(7, 7 + bytes.length))).toMatchObject({ format: 'png', ...encodedSize });
  });

  it('ignores what follows the end of a JPEG, as cameras append it', () => {
    expect(inspectImage(Uint8Array.from([...fixture('jpeg'), 1, 2, 3, 0xff])).format).toBe('jpeg');
  });
});

describe('inspectImage refuses', () => {
  it.each(cmykFiles)('CMYK in $name', ({ bytes }) => expect(codeOf(bytes)).toBe('IMAGE_CMYK'));

  it.each([
    ['heic', fileTypeBox('heic', 'mif1', 'heic')],
    ['a sequence', fileTypeBox('hevc')],
    ['the structural brand of phones', fileTypeBox('mif1', 'mif1', 'heic')],
  ])('HEIC (%s), and says what to do', (_name, bytes) => {
    expect(codeOf(bytes)).toBe('IMAGE_HEIC');
    expect(() => inspectImage(bytes)).toThrow(/save it as JPEG/);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', latin1('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a PDF', latin1('%PDF-1.7\n')],
    ['a bitmap', latin1('BM\x46\0\0\0')],
    ['a film', fileTypeBox('isom', 'mp41')],
    ['another RIFF', latin1('RIFF\x04\0\0\0WAVE')],
  ])('%s as not recognised', (_name, bytes) => expect(codeOf(bytes)).toBe('IMAGE_NOT_RECOGNISED'));

  it('more bytes than the limit, before anything else', () => {
    expect(codeOf(new Uint8Array(101), { ...DEFAULT_LIMITS, maxBytes: 100, maxPixels: 1 })).toBe('IMAGE_TOO_LARGE');
    expect(codeOf(new Uint8Array(DEFAULT_LIMITS.maxBytes + 1))).toBe('IMAGE_TOO_LARGE');
  });

  it.each(encodedFiles)('more pixels than the limit ($name), and accepts exactly the limit', ({ bytes }) => {
    const pixels = encodedSize.width * encodedSize.height;
    expect(codeOf(bytes, { ...DEFAULT_LIMITS, maxPixels: pixels - 1 })).toBe('IMAGE_TOO_MANY_PIXELS');
    expect(codeOf(bytes, { ...DEFAULT_LIMITS, maxPixels: pixels })).toBe('accepted');
  });

  it('a small PNG that claims 30000 x 30000 pixels', () => {
    const bytes = fixture('png');
    new DataView(bytes.buffer).setUint32(16, 30000);
    new DataView(bytes.buffer).setUint32(20, 30000);
    expect(() => inspectImage(bytes)).toThrow('30000 x 30000 pixels; at most 50000000');
  });

  it('a GIF whose first frame is larger than its screen', () => {
    const bytes = fixture('gif');
    const image = bytes.indexOf(0x2c, 13 + 24);
    new DataView(bytes.buffer).setUint16(image + 5, 60000, true);
    expect(inspectImage(bytes, { ...DEFAULT_LIMITS, maxPixels: 2e6, maxSide: 60_000, maxDecodingBytes: 1e9 })).toMatchObject({
      format: 'gif',
      width: 60000,
      height: encodedSize.height,
    });
  });

  it.each<[string, string, (bytes: Uint8Array) => Uint8Array]>([
    ['a JPEG of height 0', 'jpeg', (b) => b.fill(0, startOfFrame(b) + 5, startOfFrame(b) + 7)],
    ['a JPEG of two components', 'jpeg', (b) => b.fill(2, startOfFrame(b) + 9, startOfFrame(b) + 10)],
    [
      'a JPEG with a second frame header',
      'jpeg',
      (b) => Uint8Array.from([...b.subarray(0, startOfFrame(b) + 19), ...b.subarray(startOfFrame(b))]),
    ],
    ['a JPEG that ends before it began', 'jpeg', () => Uint8Array.from([0xff, 0xd8, 0xff, 0xd9])],
    ['a PNG of width 0', 'png', (b) => b.fill(0, 16, 20)],
    ['a PNG without pixels', 'png', (b) => Uint8Array.from([...b.subarray(0, 33), ...b.subarray(b.length - 12)])],
    ['a WebP of an unknown kind', 'webp lossy', (b) => b.fill(0x20, 12, 16)],
    ['a lossy WebP without its start code', 'webp lossy', (b) => b.fill(0, 23, 26)],
    ['a WebP chunk that leaves its container', 'webp extended', (b) => b.fill(0xff, 16, 19)],
    ['a GIF with an unknown block', 'gif', (b) => b.fill(0x77, 13 + 24, 13 + 25)],
    ['an AVIF without a size', 'avif', (b) => b.fill(0x20, indexOfText(b, 'ispe'), indexOfText(b, 'ispe') + 4)],
    ['a TIFF without strips', 'tiff', (b) => withoutTag(b, 273)],
    ['a TIFF without a width', 'tiff', (b) => withoutTag(b, 256)],
  ])('%s as undecodable', (_what, name, damage) => expect(codeOf(damage(fixture(name)))).toBe('IMAGE_UNDECODABLE'));
});

describe('inspectImage names the kind of what no decoder decodes alike', () => {
  const size = { width: 4, height: 2 };
  const kindOf = (bytes: Uint8Array): unknown => {
    try {
      inspectImage(bytes);
      return 'decoded';
    } catch (error) {
      return (error as AppError).details.kind ?? error;
    }
  };
  const tiff = (...entries: TiffEntry[]): Uint8Array => writeTiff(size, new Uint8Array(200), entries);
  const bits = (...values: number[]): TiffEntry => ({ tag: 258, values });
  const compression = (value: number): TiffEntry => ({ tag: 259, values: [value] });
  const photometric = (value: number): TiffEntry => ({ tag: 262, values: [value] });
  const samples = (value: number): TiffEntry => ({ tag: 277, values: [value] });
  const format = (...values: number[]): TiffEntry => ({ tag: 339, values });
  const grey = [samples(1), photometric(1)];

  it.each<[unknown, TiffEntry[]]>([
    ['decoded', []],
    ['decoded', [bits(16, 16, 16), format(1, 1, 1)]],
    ['decoded', [...grey, bits(16), format(4)]],
    ['decoded', [samples(1), photometric(0), bits(1), compression(4)]],
    ['decoded', [samples(1), photometric(3), bits(4)]],
    ['decoded', [samples(4), bits(8, 8, 8, 8), { tag: 338, values: [2] }]],
    ['decoded', [photometric(6), compression(7)]],
    ['samples of 32-bit floating point', [bits(32, 32, 32), format(3, 3, 3)]],
    ['samples of 16-bit floating point', [...grey, bits(16), format(3)]],
    ['samples of 64-bit floating point', [...grey, bits(64), format(3)]],
    ['samples of 16-bit signed integers', [...grey, bits(16), format(2)]],
    ['samples of 64-bit complex floating point', [...grey, bits(64), format(6)]],
    ['samples of 32 bits', [...grey, bits(32)]],
    ['samples of 12 bits', [...grey, bits(12)]],
    ['samples of 4 bits', [bits(4, 4, 4)]],
    ['samples of 5, 6, 5 bits', [bits(5, 6, 5)]],
    ['5 samples a pixel', [samples(5), bits(8, 8, 8, 8, 8), { tag: 338, values: [0, 0] }]],
    ['3 samples a pixel', [samples(3), photometric(1)]],
    ['compression JPEG 2000', [compression(34712)]],
    ['compression Zstandard', [compression(50000)]],
    ['compression LZMA', [compression(34925)]],
    ['compression old-style JPEG', [compression(6)]],
    ['compression 12345', [compression(12345)]],
    ['colours of CIELab', [photometric(8)]],
    ['YCbCr without JPEG compression', [photometric(6)]],
    [
      'tiles of separate planes',
      [
        { tag: 284, values: [2] },
        { tag: 324, type: 4, values: [0] },
        { tag: 325, type: 4, values: [1] },
      ],
    ],
  ])('TIFF: %s', (kind, entries) => expect(kindOf(tiff(...entries))).toBe(kind));

  it.each([
    ['decoded', 0xc0],
    ['decoded', 0xc1],
    ['decoded', 0xc2],
    ['lossless', 0xc3],
    ['hierarchical', 0xc5],
    ['hierarchical, progressive', 0xc6],
    ['hierarchical, lossless', 0xc7],
    ['arithmetic coding', 0xc9],
    ['arithmetic coding, progressive', 0xca],
    ['arithmetic coding, lossless', 0xcb],
    ['arithmetic coding, hierarchical', 0xcd],
    ['arithmetic coding, hierarchical and progressive', 0xce],
    ['arithmetic coding, hierarchical and lossless', 0xcf],
  ])('JPEG: %s (SOF%#)', (kind, marker) => {
    const bytes = fixture('jpeg');
    bytes[startOfFrame(bytes) + 1] = marker;
    expect(kindOf(bytes)).toBe(kind);
  });

  it('JPEG of 12 bits a sample', () => {
    const bytes = fixture('jpeg');
    bytes[startOfFrame(bytes) + 4] = 12;
    expect(kindOf(bytes)).toBe('12 bits a sample');
    expect(() => inspectImage(bytes)).toThrow(
      'The JPEG image is of a kind that is not supported (12 bits a sample); save it as PNG or as an ordinary JPEG.',
    );
  });
});

const startOfFrame = (bytes: Uint8Array): number => {
  for (let at = 2; ; at++) if (bytes[at] === 0xff && bytes[at + 1] === 0xc0) return at;
};

const indexOfText = (bytes: Uint8Array, text: string): number => Buffer.from(bytes).indexOf(text);

/** Gives a little-endian TIFF's tag the number 0. */
function withoutTag(bytes: Uint8Array, tag: number): Uint8Array {
  const view = new DataView(bytes.buffer);
  const directory = view.getUint32(4, true);
  for (let i = 0; i < view.getUint16(directory, true); i++) {
    const at = directory + 2 + i * 12;
    if (view.getUint16(at, true) === tag) view.setUint16(at, 0, true);
  }
  return bytes;
}

describe('inspectImage on damaged files', () => {
  /** A small generator with a fixed seed, so that a failure can be repeated. */
  function draws(seed: number): (n: number) => number {
    let state = seed;
    return (n) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
  }
  const interesting = [0, 1, 2, 8, 0x21, 0x2c, 0x3b, 0x7f, 0x80, 0xc0, 0xd8, 0xd9, 0xda, 0xfe, 0xff];

  it.each<EncodedFixture>([...encodedFiles, ...cmykFiles])('throws nothing but AppErrors on 3000 mutations of $name', ({ bytes }) => {
    const draw = draws(bytes.length);
    const codes = new Set<string>();
    for (let round = 0; round < 3000; round++) {
      let mutant = bytes.slice(0, draw(4) === 0 ? draw(bytes.length + 1) : bytes.length);
      for (let change = draw(6); change >= 0 && mutant.length > 0; change--) {
        // Headers lie at the front: most changes go there.
        const at = draw(3) > 0 ? draw(Math.min(64, mutant.length)) : draw(mutant.length);
        mutant[at] = draw(2) ? interesting[draw(interesting.length)] : draw(256);
        if (draw(8) === 0) mutant = Uint8Array.from([...mutant.subarray(0, at), ...mutant.subarray(draw(mutant.length))]);
      }
      codes.add(codeOf(mutant));
    }
    expect(codes.size).toBeGreaterThan(2);
  });

  it('throws nothing but AppErrors on random bytes behind every signature', () => {
    const draw = draws(1);
    for (const { bytes } of encodedFiles) {
      for (let round = 0; round < 1000; round++) {
        const noise = Uint8Array.from({ length: draw(300) }, () => (draw(3) ? draw(256) : interesting[draw(interesting.length)]));
        codeOf(Uint8Array.from([...bytes.subarray(0, [3, 8, 12, 16, 24][draw(5)]), ...noise]));
      }
    }
  });

  it('comes to an end on large hostile files', () => {
    const size = 2_000_000;
    // Each fill is the shortest step that the format's walk can be made to take.
    const tail = (bytes: Uint8Array, keep: number, fill: number[]): Uint8Array => {
      const file = new Uint8Array(size);
      for (let i = keep; i < size; i++) file[i] = fill[(i - keep) % fill.length];
      file.set(bytes.subarray(0, keep));
      return file;
    };
    expect(codeOf(tail(fixture('jpeg'), 20, [0xff]))).toBe('IMAGE_TRUNCATED');
    expect(codeOf(tail(fixture('jpeg'), 20, [0xff, 0]))).toBe('IMAGE_TRUNCATED');
    expect(codeOf(tail(fixture('png'), 33, [0]))).toBe('IMAGE_TRUNCATED');
    expect(codeOf(tail(fixture('gif'), 37, [0x21, 0, 1, 0, 0]))).toBe('IMAGE_TRUNCATED');
    expect(codeOf(tail(fixture('avif'), 32, [0, 0, 0, 8, 0x20, 0x20, 0x20, 0x20]))).toBe('IMAGE_TRUNCATED');
  });
});
