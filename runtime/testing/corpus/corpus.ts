import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../errors/catalogue.ts';
import type { Truth } from './truth.ts';

/** One file of the corpus and what must come of it in Node and in Chromium. docs/images.md shows the same table. */
export interface CorpusFile {
  file: string;
  /**
   * Truth that the file shows, and the distance that Node's pixels may have from it: the largest difference, or the mean one after lossy
   * compression.
   */
  shows?: { truth: Truth; within: { max: number } | { mean: number } };
  /** Refused on both sides with this code. */
  refused?: ErrorCode;
  /** Refused by Chromium alone: it has no decoder. */
  refusedInChromium?: ErrorCode;
  /** Largest difference between Node's and Chromium's levels. 0, or 1 if a profile is involved; never more. */
  tolerance: 0 | 1;
}

const decoded = (tolerance: 0 | 1, truth: Truth, within: { max: number } | { mean: number }, ...files: string[]): CorpusFile[] =>
  files.map((file) => ({ file, shows: { truth, within }, tolerance }));
const refused = (code: ErrorCode, ...files: string[]): CorpusFile[] => files.map((file) => ({ file, refused: code, tolerance: 0 }));

/** Mean differences that lossy encoders leave in the pictures, which are noisy in a corner and saturated in another. */
const HALVED_COLOURS = { mean: 12 };
const FULL_COLOURS = { mean: 6 };
const GREY = { mean: 2 };
const FEW_COLOURS = { mean: 22 };
const EXACT = { max: 0 };
/** ICC conversions are rounded here and there. */
const ROUNDED = { max: 1 };

const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

export const corpus: readonly CorpusFile[] = [
  ...decoded(
    0,
    'scene',
    HALVED_COLOURS,
    'jpeg-420.jpg',
    'jpeg-420-progressive.jpg',
    'jpeg-called.png',
    'jpeg-followed-by-bytes.jpg',
    'jpeg-damaged-profile.jpg',
  ),
  ...decoded(0, 'scene', FULL_COLOURS, 'jpeg-444.jpg', 'jpeg-444-progressive.jpg'),
  ...decoded(0, 'scene', { mean: 17 }, 'jpeg-420-quality-20.jpg'),
  ...decoded(0, 'scene 37x23', { mean: 15 }, 'jpeg-420-37x23.jpg', 'webp-lossy-37x23.webp'),
  ...decoded(0, 'scene 640x427', HALVED_COLOURS, 'jpeg-420-640x427.jpg'),
  ...decoded(0, 'scene 1x1', { max: 1 }, 'jpeg-420-1x1.jpg', 'webp-lossy-1x1.webp'),
  ...decoded(0, 'scene 3x5', { mean: 45 }, 'jpeg-420-3x5.jpg'),
  ...decoded(0, 'scene 1x17', { mean: 10 }, 'jpeg-420-1x17.jpg'),
  ...decoded(0, 'scene 17x1', { mean: 20 }, 'jpeg-420-17x1.jpg'),
  ...decoded(0, 'grey', GREY, 'jpeg-grey.jpg', 'jpeg-grey-rgb-profile.jpg'),
  ...decoded(1, 'grey of gamma 2.2', GREY, 'jpeg-grey-gamma-profile.jpg'),
  // YCbCr that is said to be RGB: what it shows is of no interest, only that both believe it.
  { file: 'jpeg-rgb-colour-space.jpg', tolerance: 0 },
  ...decoded(1, 'from Display P3', { mean: 13 }, 'jpeg-display-p3.jpg', 'jpeg-display-p3-exif-6.jpg'),
  ...decoded(1, 'from Adobe RGB', { mean: 13 }, 'jpeg-adobe-rgb.jpg'),
  ...decoded(0, 'scene', HALVED_COLOURS, ...orientations.map((orientation) => `jpeg-exif-${orientation}.jpg`)),
  ...decoded(0, 'scene', HALVED_COLOURS, ...['long', 'byte', 'signed', 'two-numbers', 'unpadded'].map((how) => `jpeg-exif-6-${how}.jpg`)),
  ...decoded(
    0,
    'scene',
    HALVED_COLOURS,
    'jpeg-profile-wrong-size.jpg',
    'jpeg-standard-tables.jpg',
    'jpeg-bytes-before-end.jpg',
    'jpeg-restarts.jpg',
    'jpeg-progressive-restarts.jpg',
  ),
  ...refused(
    'IMAGE_UNDECODABLE',
    'jpeg-half-scan.jpg',
    'jpeg-half-scan-progressive.jpg',
    'jpeg-half-scan-zero.jpg',
    'jpeg-restarts-one-less.jpg',
    'jpeg-restarts-wrong-order.jpg',
  ),
  ...refused('IMAGE_KIND_UNSUPPORTED', 'jpeg-lossless.jpg', 'tiff-float32.tif', 'tiff-uint32.tif', 'tiff-int16.tif', 'tiff-jpeg-2000.tif'),
  ...refused('IMAGE_SIDE_TOO_LONG', 'png-70000x1.png', 'png-1x70000.png'),
  ...refused('IMAGE_UNDECODABLE', 'png-wrong-checksum.png', 'png-half-data.png'),
  ...refused('IMAGE_TRUNCATED', 'jpeg-cut-off.jpg', 'png-cut-off.png', 'webp-cut-off.webp', 'avif-cut-off.avif'),
  ...refused('IMAGE_CMYK', 'jpeg-cmyk-adobe.jpg', 'jpeg-cmyk-plain.jpg'),
  ...refused('IMAGE_HEIC', 'heic.heic', 'heic-called.jpg'),
  ...refused('IMAGE_NOT_RECOGNISED', 'svg.svg'),

  ...decoded(0, 'scene', EXACT, 'png-rgb.png', 'png-interlaced.png', 'png-rgb-16-bit.png', 'png-exif-6.png', 'png-srgb-chunk.png'),
  ...decoded(0, 'scene', EXACT, 'png-gamma.png', 'png-gamma-linear.png', 'png-gamma-primaries.png', 'png-coded-display-p3.png'),
  ...decoded(
    0,
    'scene',
    EXACT,
    'png-profile-wrong-checksum.png',
    'png-profile-wrong-size.png',
    'png-animated.png',
    'png-animated-hidden-default.png',
    'png-animated-small-frame.png',
  ),
  ...decoded(0, 'scene 1x1', EXACT, 'png-1x1.png'),
  ...decoded(0, 'scene 3x5', EXACT, 'png-3x5.png'),
  ...decoded(0, 'scene 1x17', EXACT, 'png-1x17.png'),
  ...decoded(0, 'palette', EXACT, 'png-palette.png'),
  ...decoded(0, 'palette on white', EXACT, 'png-palette-transparent.png'),
  ...decoded(0, 'grey', EXACT, 'png-grey.png', 'png-grey-16-bit.png'),
  ...decoded(0, 'grey, 1 bit', EXACT, 'png-grey-1-bit.png'),
  ...decoded(0, 'grey, 2 bits', EXACT, 'png-grey-2-bit.png'),
  ...decoded(0, 'grey on white', EXACT, 'png-grey-alpha.png'),
  ...decoded(0, 'grey, one level white', EXACT, 'png-grey-transparent-level.png'),
  ...decoded(0, 'red on white', EXACT, 'png-rgb-transparent-colour.png'),
  ...decoded(0, 'on white', EXACT, 'png-alpha.png', 'png-alpha-16-bit.png'),
  ...decoded(1, 'grey of gamma 2.2', ROUNDED, 'png-grey-gamma-profile.png', 'png-grey-16-bit-gamma-profile.png'),
  ...decoded(1, 'from Display P3', ROUNDED, 'png-display-p3.png', 'png-16-bit-display-p3.png', 'webp-display-p3.webp'),
  ...decoded(1, 'from Display P3, on white', ROUNDED, 'png-alpha-display-p3.png', 'png-alpha-16-bit-display-p3.png'),
  ...decoded(1, 'from Adobe RGB', ROUNDED, 'png-adobe-rgb.png'),

  ...decoded(0, 'scene', HALVED_COLOURS, 'webp-lossy.webp'),
  ...decoded(0, 'scene', EXACT, 'webp-lossless.webp', 'webp-exif-6.webp', 'webp-animated.webp', 'webp-profile-wrong-size.webp'),
  ...decoded(0, 'scene 32x24 within 64x48, white around it', EXACT, 'webp-first-frame-small.webp'),
  ...decoded(0, 'on white', EXACT, 'webp-lossless-alpha.webp', 'webp-animated-alpha.webp'),
  ...decoded(0, 'on white', FULL_COLOURS, 'webp-lossy-alpha.webp'),

  ...decoded(0, 'scene', FEW_COLOURS, 'gif-palette.gif', 'gif-interlaced.gif', 'gif-animated.gif'),
  ...decoded(0, 'on white', FEW_COLOURS, 'gif-transparent.gif'),
  ...decoded(0, 'scene 32x24 within 64x48, white around it', { mean: 6 }, 'gif-first-frame-small.gif', 'gif-opaque-frame-small.gif'),
  ...decoded(
    0,
    'scene 32x24 at the end of 80x60, white around it',
    { mean: 4 },
    'gif-first-frame-outside.gif',
    'gif-opaque-frame-outside.gif',
  ),

  ...decoded(0, 'scene', HALVED_COLOURS, 'avif-420.avif', 'avif-420-coded-display-p3.avif'),
  ...decoded(0, 'scene 37x23', { mean: 15 }, 'avif-420-37x23.avif'),
  ...decoded(0, 'scene', { mean: 17 }, 'avif-420-studio-bt709.avif', 'avif-444-studio-bt601.avif'),
  ...decoded(0, 'scene', FULL_COLOURS, 'avif-444.avif', ...[3, 5, 6, 7, 8].map((orientation) => `avif-exif-${orientation}.avif`)),
  ...decoded(0, 'scene', EXACT, 'avif-lossless.avif'),
  ...decoded(1, 'from Display P3', FULL_COLOURS, 'avif-444-display-p3.avif'),
  ...decoded(1, 'from Display P3', { mean: 13 }, 'avif-420-display-p3.avif'),
  ...decoded(1, 'from Adobe RGB', FULL_COLOURS, 'avif-444-adobe-rgb.avif'),
  ...decoded(
    0,
    'on white',
    FULL_COLOURS,
    'avif-alpha.avif',
    'avif-alpha-exif-6.avif',
    'avif-alpha-unturned-exif-6.avif',
    'avif-alpha-premultiplied.avif',
  ),
  ...decoded(0, 'on white', HALVED_COLOURS, 'avif-420-alpha.avif'),
  ...decoded(0, 'on white, 37x23', { mean: 15 }, 'avif-420-alpha-37x23.avif'),
  ...decoded(1, 'from Display P3, on white', FULL_COLOURS, 'avif-alpha-display-p3.avif', 'avif-12-bit-alpha-display-p3.avif'),
  ...decoded(0, 'grey', GREY, 'avif-grey.avif', 'avif-grey-studio.avif', 'avif-grey-10-bit-studio.avif', 'avif-grey-studio-header.avif'),
  ...decoded(0, 'scene', HALVED_COLOURS, 'avif-crop.avif'),
  ...decoded(0, 'scene', FULL_COLOURS, 'avif-crop-exif-6.avif'),
  ...refused('IMAGE_UNDECODABLE', 'avif-crop-half-pixel.avif'),
  ...decoded(0, 'scene', HALVED_COLOURS, 'avif-10-bit.avif'),
  ...decoded(0, 'scene', FULL_COLOURS, 'avif-12-bit.avif', 'avif-damaged-profile.avif', 'avif-profile-wrong-size.avif'),
  ...decoded(0, 'scene', { mean: 17 }, 'avif-10-bit-studio-bt709.avif'),
  ...decoded(1, 'from Display P3', FULL_COLOURS, 'avif-10-bit-display-p3.avif'),
  ...decoded(0, 'on white', FULL_COLOURS, 'avif-10-bit-alpha.avif'),
  // Luma and differences that are said to be green, blue and red: only that both believe it is of interest.
  { file: 'avif-identity-matrix.avif', tolerance: 0 },
  // The same of other matrices than the one by which they were coded.
  ...['chroma-derived', 'chroma-derived-bt2020', 'chroma-derived-10-bit', 'fcc', 'smpte-240m', 'ycgco'].map((matrix): CorpusFile => ({
    file: `avif-420-${matrix}.avif`,
    tolerance: 0,
  })),
  ...refused('IMAGE_KIND_UNSUPPORTED', 'avif-420-constant-luminance.avif', 'avif-420-ictcp.avif', 'avif-420-identity-matrix.avif'),
  ...decoded(0, 'scene 37x23', { mean: 15 }, 'avif-420-37x23-exif-4.avif'),

  ...[
    ...decoded(0, 'scene', EXACT, 'tiff.tif', 'tiff-orientation-6-long.tif', 'tiff-extra-sample.tif'),
    ...decoded(0, 'on white', EXACT, 'tiff-alpha.tif'),
  ].map((entry) => ({ ...entry, refusedInChromium: 'IMAGE_KIND_UNSUPPORTED' as const })),
];

/** The bytes of a file of the corpus. */
export function corpusBytes(file: string): Buffer<ArrayBuffer> {
  return readFileSync(join(import.meta.dirname, 'files', file));
}
