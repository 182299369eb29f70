import { endianness } from 'node:os';

/** Pixels of 8 bits a sample, row by row. */
export interface Levels {
  width: number;
  height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  channels: number;
  data: Uint8Array;
}

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const MINIMAL_STRIP_BYTES = 65_536;

/**
 * An uncompressed TIFF (TIFF 6.0) with an ICC profile: the cheapest way to hand pixels and their profile to libvips. The
 * file is the only copy of the pixels.
 */
export function tiffWithProfile({ width, height, channels, data }: Levels, profile: Uint8Array): Uint8Array {
  const rowBytes = width * channels;
  const rowsPerStrip = Math.max(1, Math.ceil(MINIMAL_STRIP_BYTES / rowBytes));
  const strips = Math.ceil(height / rowsPerStrip);
  const hasAlpha = channels === 2 || channels === 4;
  const stripBytes = Array.from({ length: strips }, (_, i) => Math.min(rowsPerStrip, height - i * rowsPerStrip) * rowBytes);
  const fields: [tag: number, type: number, values: number[] | Uint8Array][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: channels }, () => 8)],
    [259, SHORT, [1]],
    // Black is 0; RGB.
    [262, SHORT, [channels < 3 ? 1 : 2]],
    [273, LONG, stripBytes.map((_, i) => i * rowsPerStrip * rowBytes)],
    [277, SHORT, [channels]],
    [278, LONG, [rowsPerStrip]],
    [279, LONG, stripBytes],
    // An alpha by which the colours are not multiplied.
    ...(hasAlpha ? [[338, SHORT, [2]] as [number, number, number[]]] : []),
    [34675, UNDEFINED, profile],
  ];
  const bytesOf: Record<number, number> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };
  const directory = 8;
  let free = directory + 2 + 12 * fields.length + 4;
  const places = fields.map(([, type, values], i) => {
    const bytes = bytesOf[type] * values.length;
    if (bytes <= 4) return directory + 2 + 12 * i + 8;
    const place = free;
    free += bytes + (bytes % 2);
    return place;
  });
  const pixels = free;
  const file = new Uint8Array(pixels + data.length);
  const view = new DataView(file.buffer);
  const little = endianness() === 'LE';
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, directory, little);
  view.setUint16(directory, fields.length, little);
  fields.forEach(([tag, type, values], i) => {
    const entry = directory + 2 + 12 * i;
    view.setUint16(entry, tag, little);
    view.setUint16(entry + 2, type, little);
    view.setUint32(entry + 4, values.length, little);
    if (places[i] !== entry + 8) view.setUint32(entry + 8, places[i], little);
    if (values instanceof Uint8Array) return file.set(values, places[i]);
    values.forEach((value, k) => {
      if (type === SHORT) view.setUint16(places[i] + 2 * k, value, little);
      else view.setUint32(places[i] + 4 * k, tag === 273 ? pixels + value : value, little);
    });
  });
  file.set(data, pixels);
  return file;
}
