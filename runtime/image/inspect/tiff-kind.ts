/** Storage of a TIFF's picture, by the numbers of TIFF 6.0 and of later registrations. */
export interface TiffKind {
  compression: number;
  photometric?: number;
  /** Bits of each sample; empty if the field is missing, which means 1. */
  bits: readonly number[];
  /** A pixel's. */
  samples: number;
  /** Format of each sample; empty if the field is missing, which means unsigned whole numbers. */
  sampleFormats: readonly number[];
  separatePlanes: boolean;
  tiled: boolean;
}

const JPEG = 7;
/** None, three kinds of CCITT, LZW, JPEG, two numbers of Deflate, PackBits, WebP: what the decoder has. */
const DECODED_COMPRESSIONS = [1, 2, 3, 4, 5, JPEG, 8, 32946, 32773, 50001];
const COMPRESSION_NAMES: Record<number, string | undefined> = {
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  22610: 'JPEG XR',
  32766: 'NeXT',
  32771: 'CCITT with words',
  32809: 'ThunderScan',
  33003: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI Log',
  34677: 'SGI Log',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'Zstandard',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

const WHITE_IS_ZERO = 0;
const BLACK_IS_ZERO = 1;
const RGB = 2;
const PALETTE = 3;
const YCBCR = 6;
/** Samples of a pixel, without further ones. */
const COLOUR_SAMPLES: Record<number, number | undefined> = { [WHITE_IS_ZERO]: 1, [BLACK_IS_ZERO]: 1, [RGB]: 3, [PALETTE]: 1, [YCBCR]: 3 };
const PHOTOMETRIC_NAMES: Record<number, string | undefined> = {
  4: 'a transparency mask',
  8: 'CIELab',
  9: 'ICCLab',
  10: 'ITULab',
  32803: "a camera's raw colour filter array",
  32844: 'LogL',
  32845: 'LogLuv',
  34892: "a camera's linear raw",
};

const UNSIGNED = 1;
/** "A reader should treat it as unsigned integers." */
const UNDEFINED = 4;
const SAMPLE_FORMAT_NAMES: Record<number, string | undefined> = {
  2: 'signed integers',
  3: 'floating point',
  5: 'complex integers',
  6: 'complex floating point',
};

/**
 * Names the part of a TIFF's kind that is not decoded; undefined if all is. Only unsigned samples of up to 16 bits have a range that the
 * format gives.
 */
export function unsupportedKindOf({
  compression,
  photometric,
  bits,
  samples,
  sampleFormats,
  separatePlanes,
  tiled,
}: TiffKind): string | undefined {
  if (!DECODED_COMPRESSIONS.includes(compression)) return `compression ${COMPRESSION_NAMES[compression] ?? compression}`;
  const format = sampleFormats.find((value) => value !== UNSIGNED && value !== UNDEFINED);
  const depth = bits[0] ?? 1;
  if (format !== undefined) return `samples of ${depth}-bit ${SAMPLE_FORMAT_NAMES[format] ?? `format ${format}`}`;
  if (bits.some((value) => value !== depth)) return `samples of ${bits.join(', ')} bits`;

  // The decoder says so itself if there is none.
  if (photometric === undefined) return undefined;
  const colours = COLOUR_SAMPLES[photometric];
  if (colours === undefined) return `colours of ${PHOTOMETRIC_NAMES[photometric] ?? `photometric interpretation ${photometric}`}`;
  if (photometric === YCBCR && compression !== JPEG) return 'YCbCr without JPEG compression';
  if (photometric === PALETTE ? samples !== 1 : samples < colours || samples > colours + 1) return `${samples} samples a pixel`;

  const deepest = photometric === PALETTE || compression === JPEG ? 8 : 16;
  const isDecoded = depth === 8 || depth === 16 || (samples === 1 && [1, 2, 4].includes(depth));
  if (!isDecoded || depth > deepest) return `samples of ${depth} bits`;
  return tiled && separatePlanes && samples > 1 ? 'tiles of separate planes' : undefined;
}
