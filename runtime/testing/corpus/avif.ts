import { readAvifMetadata } from '../../image/avif/metadata.ts';

/**
 * Gives an AVIF of one item that says nothing about its colours a colour box (`colr` of type `nclx`, ISO/IEC 14496-12,
 * 12.1.5), by code points of ISO/IEC 23091-2.
 *
 * @param file - as sharp writes it, with base offsets in version 0 of its item locations
 */
export function withColourBox(
  file: Uint8Array,
  colour: { primaries: number; transfer: number; matrix: number; fullRange: boolean },
): Buffer {
  const box = Buffer.alloc(19);
  box.writeUInt32BE(box.length, 0);
  box.write('colrnclx', 4, 'latin1');
  box.writeUInt16BE(colour.primaries, 12);
  box.writeUInt16BE(colour.transfer, 14);
  box.writeUInt16BE(colour.matrix, 16);
  box[18] = colour.fullRange ? 0x80 : 0;
  return withProperty(file, box, false);
}

/**
 * Gives an AVIF of one item a crop (`clap`, ISO/IEC 14496-12, 12.1.4), which comes before rotation and mirroring.
 *
 * @param file - as `withColourBox`
 * @param window - numerators and denominators of width, height, and the distance of its middle to the right and down
 */
export function withCrop(file: Uint8Array, window: readonly number[]): Buffer {
  const box = Buffer.alloc(40);
  box.writeUInt32BE(box.length, 0);
  box.write('clap', 4, 'latin1');
  window.forEach((value, i) => box.writeInt32BE(value, 8 + 4 * i));
  return withProperty(file, box, true);
}

/** Gives the item its first property. @param essential - whether a reader must know it */
function withProperty(file: Uint8Array, box: Buffer, essential: boolean): Buffer {
  const source = Buffer.from(file);
  const start = (type: string): number => source.indexOf(type, 0, 'latin1') - 4;
  const size = (at: number): number => source.readUInt32BE(at);
  const [meta, iprp, ipco, ipma, iloc] = ['meta', 'iprp', 'ipco', 'ipma', 'iloc'].map(start);
  // The new property is the last of its container; the first item is the picture.
  let properties = 0;
  for (let at = ipco + 8; at < ipco + size(ipco); at += size(at)) properties++;
  const associations = ipma + 12 + 4 + 2;
  const added = box.length + 1;
  for (const at of [meta, iprp]) source.writeUInt32BE(size(at) + added, at);
  source.writeUInt32BE(size(ipco) + box.length, ipco);
  source.writeUInt32BE(size(ipma) + 1, ipma);
  source[associations]++;
  // Item, data reference, base offset: the one that counts from the start of the file.
  const base = iloc + 16 + 2 + 2;
  source.writeUInt32BE(source.readUInt32BE(base) + added, base);
  const endOfProperties = ipco + size(ipco) - box.length;
  return Buffer.concat([
    source.subarray(0, endOfProperties),
    box,
    source.subarray(endOfProperties, associations + 1),
    Uint8Array.of((essential ? 0x80 : 0) + properties + 1),
    source.subarray(associations + 1),
  ]);
}

/**
 * Says of an AVIF with alpha that its colours are multiplied by the alpha already (`prem`, ISO/IEC 23000-22, 7.3.5.2).
 *
 * @param file - as sharp writes it: the picture is item 1, its alpha item 2, the references are the last metadata
 */
export function withPremultipliedReference(file: Uint8Array): Buffer {
  const source = Buffer.from(file);
  const start = (type: string): number => source.indexOf(type, 0, 'latin1') - 4;
  const [meta, iref, iloc] = ['meta', 'iref', 'iloc'].map(start);
  const reference = Buffer.from('\0\0\0\x0eprem\0\x01\0\x01\0\x02', 'latin1');
  const end = iref + source.readUInt32BE(iref);
  for (const at of [meta, iref]) source.writeUInt32BE(source.readUInt32BE(at) + reference.length, at);
  // Two locations of one extent each: item, data reference, base offset (of 4 bytes), number, offset, length.
  for (const item of [0, 1]) {
    const base = iloc + 16 + item * (2 + 2 + 4 + 2 + 4 + 4) + 2 + 2;
    source.writeUInt32BE(source.readUInt32BE(base) + reference.length, base);
  }
  return Buffer.concat([source.subarray(0, end), reference, source.subarray(end)]);
}

/** Says of an AVIF with alpha as sharp writes it that the alpha is not turned: its item loses rotation and mirroring. */
export function withUnturnedAlpha(file: Uint8Array): Buffer {
  const source = Buffer.from(file);
  const metadata = readAvifMetadata(source)!;
  const { at, bytes } = metadata.transformAssociations.at(-1)!;
  return source.fill(0, at, at + bytes);
}

/** Says of an AVIF that its levels are of studio range (black 16, white 235). */
export function withStudioRange(file: Uint8Array): Buffer {
  const source = Buffer.from(file);
  source[source.indexOf('colrnclx', 0, 'latin1') + 14] = 0;
  return source;
}

/**
 * Makes the alpha of an AVIF its picture, without a colour box, and says of it in its AV1 sequence header that its
 * levels are of studio range.
 *
 * @param file - as sharp writes it: the picture is item 1, its alpha item 2, which is the last of the file
 */
export function withStudioHeader(file: Uint8Array): Buffer {
  const source = Buffer.from(file);
  source.write('skip', source.indexOf('auxl', 0, 'latin1'), 'latin1');
  source.writeUInt16BE(2, source.indexOf('pitm', 0, 'latin1') + 8);
  // A temporal delimiter of no bytes, then the header, in whose fifth byte color_range is the last bit.
  source[source.lastIndexOf('\x12\0\x0a', undefined, 'latin1') + 4 + 4] ^= 1;
  return source;
}
