/**
 * Gives an AVIF of one item that says nothing about its colours a colour box (`colr` of type `nclx`, ISO/IEC 14496-12,
 * 12.1.5), by code points of ISO/IEC 23091-2.
 *
 * @param file - as sharp writes it, with base offsets in version 0 of its item locations
 */
export function withColourBox(file: Uint8Array, colour: { primaries: number; transfer: number; matrix: number; fullRange: boolean }): Buffer {
  const box = Buffer.alloc(19);
  box.writeUInt32BE(box.length, 0);
  box.write('colrnclx', 4, 'latin1');
  box.writeUInt16BE(colour.primaries, 12);
  box.writeUInt16BE(colour.transfer, 14);
  box.writeUInt16BE(colour.matrix, 16);
  box[18] = colour.fullRange ? 0x80 : 0;

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
    Uint8Array.of(properties + 1),
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
