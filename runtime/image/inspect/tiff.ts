import { tiffCoding } from '../cost/tiff-coding.ts';
import { orientationOf, type Orientation } from '../orientation.ts';
import { asciiAt, type ByteReader } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';
import { TiffDirectory } from './tiff-directory.ts';
import { unsupportedKindOf, type TiffKind } from './tiff-kind.ts';

const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samples: 277,
  stripBytes: 279,
  planes: 284,
  tileOffsets: 324,
  tileBytes: 325,
  extraSamples: 338,
  sampleFormat: 339,
};
const PHOTOMETRIC_SEPARATED = 5;

/**
 * TIFF (TIFF 6.0; BigTIFF): reads the first directory, and checks that the pixel data which it points at lie
 * within the file.
 */
export const tiff: HeaderFormat<'tiff'> = {
  name: 'tiff',
  label: 'TIFF',
  matches: (bytes) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(asciiAt(bytes, 0, 4)),
  coding: tiffCoding,
  read(reader) {
    const directory = new TiffDirectory(reader);
    const width = directory.number(TAG.width);
    const height = directory.number(TAG.height);
    if (!width || !height) throw reader.damaged();
    return {
      width,
      height,
      cmyk: directory.number(TAG.photometric) === PHOTOMETRIC_SEPARATED,
      unsupported: unsupportedKindOf(readKind(directory)),
      complete: pixelsWithinFile(reader, directory),
    };
  },
};

/** Statements of a TIFF, which `inspectImage` has let through, about how to show its picture. */
export interface TiffPicture {
  orientation: Orientation;
  /** True if its fourth (or, of grey, second) sample is said not to be alpha. */
  opaque: boolean;
}

/** @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED if the directory contradicts itself */
export function readTiffPicture(reader: ByteReader): TiffPicture {
  const directory = new TiffDirectory(reader);
  return { orientation: orientationOf(directory.structure, directory.all()), opaque: directory.numbers(TAG.extraSamples)[0] === 0 };
}

function readKind(directory: TiffDirectory): TiffKind {
  return {
    compression: directory.number(TAG.compression) ?? 1,
    photometric: directory.number(TAG.photometric),
    bits: directory.numbers(TAG.bits),
    samples: directory.number(TAG.samples) ?? 1,
    sampleFormats: directory.numbers(TAG.sampleFormat),
    separatePlanes: directory.number(TAG.planes) === 2,
    tiled: directory.has(TAG.tileOffsets),
  };
}

function pixelsWithinFile(reader: ByteReader, directory: TiffDirectory): boolean {
  const offsets = directory.field(TAG.stripOffsets) ?? directory.field(TAG.tileOffsets);
  const lengths = directory.field(TAG.stripBytes) ?? directory.field(TAG.tileBytes);
  if (!offsets || !lengths || offsets.count === 0 || offsets.count !== lengths.count) throw reader.damaged();
  for (let i = 0; i < offsets.count; i++) {
    const end = directory.structure.numberAt(offsets, i) + directory.structure.numberAt(lengths, i);
    if (end > reader.length) return false;
  }
  return true;
}
