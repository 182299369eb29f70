import { asciiAt, ByteReader } from '../inspect/byte-reader.ts';
import { childBoxes, FULL_BOX_BYTES, readBox, type IsoBox } from '../inspect/iso-boxes.ts';
import { itemExtents } from '../inspect/item-locations.ts';
import type { ColourCoding } from './matrix.ts';
import { readSequenceHeader } from './sequence-header.ts';
import { readTransform, type AvifTransform } from './transforms.ts';

/** Metadata of an AVIF about its picture's colours and alpha. */
export interface AvifMetadata {
  /** True if decoders take a sequence of frames for the picture, which lie in tracks, before the item that it is also. */
  sequence: boolean;
  /** The item that is the picture's alpha, and the property that says so. */
  alpha?: { item: number; type: IsoBox };
  /** True if the colours are multiplied by the alpha already. */
  premultiplied: boolean;
  /** The picture's ICC profile. */
  profile?: Uint8Array;
  /** Coding of the picture's colours, by its colour box, or by its AV1 sequence header if it has none. */
  coding?: ColourCoding;
  /** True if it has fewer samples of the differences than of luma; undefined for a grey picture. */
  subsampled?: boolean;
  /** True for a grey picture in which black is 16 and white 235, by its colour box, or by its AV1 sequence header if it has none. */
  studioGrey: boolean;
  /** Transforms of the stored picture, in this order. */
  transforms: readonly AvifTransform[];
  /** Places where items are given such properties: first byte, and number of bytes. */
  transformAssociations: readonly Association[];
  /** Names the item that is the picture. */
  primaryBox: IsoBox;
  /** All items' colour boxes. */
  colourBoxes: readonly IsoBox[];
  /** Those of them that hold an ICC profile. */
  profileBoxes: readonly IsoBox[];
  /** The references from the alpha to the picture. */
  alphaReferences: readonly IsoBox[];
}

/** An entry of `ipma`: the property of an item. */
interface Association {
  at: number;
  bytes: 1 | 2;
  box: IsoBox;
}

const TRANSFORMS = ['irot', 'imir', 'clap'];

const ALPHA_TYPES = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

/**
 * Reads the metadata of the item that is an AVIF's picture (ISO/IEC 23008-12: primary item 8.11.4 of 14496-12, item references
 * 8.11.12, item properties 9.3, auxiliary images 6.6.2; MIAF for premultiplied colours).
 *
 * @param bytes - what `inspectImage` has let through as AVIF
 * @returns undefined if no item is the picture
 * @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED if boxes contradict themselves
 */
export function readAvifMetadata(bytes: Uint8Array): AvifMetadata | undefined {
  const reader = new ByteReader(bytes, 'AVIF');
  // What stands behind the metadata is nobody's business, be it what a camera appends.
  let meta = readBox(reader, 0, Infinity);
  while (meta.type !== 'meta') meta = readBox(reader, meta.end, Infinity);
  const boxes = [...childBoxes(reader, meta, FULL_BOX_BYTES)];
  const primaryBox = boxes.find(({ type }) => type === 'pitm');
  if (!primaryBox) return undefined;
  const primary = itemId(reader, primaryBox.start + FULL_BOX_BYTES, reader.u8(primaryBox.start) > 0);
  const references = boxes.filter(({ type }) => type === 'iref').flatMap((box) => readReferences(reader, box));
  const propertyBox = boxes.find(({ type }) => type === 'iprp');
  const { all, ofItem, associations } = propertyBox
    ? readProperties(reader, propertyBox)
    : { all: [], ofItem: new Map<number, IsoBox[]>(), associations: [] };
  // Each property is looked at once, and so is each reference: a hostile file may hold millions that point to each other.
  const colourBoxes = all.filter(({ type, start, end }) => type === 'colr' && end >= start + 4);
  const profiles = new Set(colourBoxes.filter(({ start }) => ['prof', 'rICC'].includes(reader.tag(start))));
  const alphaTypes = new Set(all.filter((box) => saysAlpha(reader, box)));

  const profileBox = ofItem.get(primary)?.find((box) => profiles.has(box));
  const profile = profileBox && bytes.subarray(profileBox.start + 4, profileBox.end);
  const codedColours = ofItem
    .get(primary)
    ?.find(({ type, start, end }) => type === 'colr' && end >= start + 11 && reader.tag(start) === 'nclx');
  const turns = (ofItem.get(primary) ?? []).filter(({ type }) => TRANSFORMS.includes(type));
  const configurationOf = (item: number): IsoBox | undefined => ofItem.get(item)?.find(({ type }) => type === 'av1C');
  // The parts of a grid are coded pictures, the grid itself is not.
  const parts = references.find(({ box, from }) => box.type === 'dimg' && from === primary)?.to ?? [];
  const coded = [primary, ...parts].find((item) => configurationOf(item)) ?? primary;
  const configuration = configurationOf(coded);
  const flags = configuration ? reader.u8(configuration.start + 2) : 0;
  const monochrome = (flags & MONOCHROME) !== 0;
  const coding = codedColours ? readColourBox(reader, codedColours) : readSequenceHeader(itemStart(reader, boxes, coded));
  const none = {
    sequence: asciiAt(bytes, 8, 4) === 'avis',
    premultiplied: false,
    profile,
    coding,
    subsampled: monochrome ? undefined : (flags & SUBSAMPLED) !== 0,
    studioGrey: monochrome && coding?.fullRange === false,
    transforms: turns.map((box) => readTransform(reader, box)),
    transformAssociations: associations.filter(({ box }) => TRANSFORMS.includes(box.type)),
    primaryBox,
    colourBoxes,
    profileBoxes: [...profiles],
    alphaReferences: [],
  };

  const auxiliaries = references.filter(({ box, to }) => box.type === 'auxl' && to.includes(primary));
  const items = new Set(auxiliaries.map(({ from }) => from));
  for (const item of items) {
    const type = ofItem.get(item)?.find((box) => alphaTypes.has(box));
    if (!type) continue;
    return {
      ...none,
      alpha: { item, type },
      premultiplied: references.some(({ box, from, to }) => box.type === 'prem' && from === primary && to.includes(item)),
      alphaReferences: auxiliaries.filter(({ from }) => from === item).map(({ box }) => box),
    };
  }
  return none;
}

interface Reference {
  box: IsoBox;
  from: number;
  to: number[];
}

function readReferences(reader: ByteReader, container: IsoBox): Reference[] {
  const wide = reader.u8(container.start) > 0;
  const bytes = wide ? 4 : 2;
  return [...childBoxes(reader, container, FULL_BOX_BYTES)].map((box) => {
    const count = reader.u16(box.start + bytes, false);
    const first = box.start + bytes + 2;
    if (first + count * bytes > box.end) throw reader.damaged();
    return {
      box,
      from: itemId(reader, box.start, wide),
      to: Array.from({ length: count }, (_, i) => itemId(reader, first + i * bytes, wide)),
    };
  });
}

/** All properties, those of each item, and what says so. */
function readProperties(
  reader: ByteReader,
  container: IsoBox,
): { all: IsoBox[]; ofItem: Map<number, IsoBox[]>; associations: Association[] } {
  const boxes = [...childBoxes(reader, container)];
  const all = boxes.filter(({ type }) => type === 'ipco').flatMap((box) => [...childBoxes(reader, box)]);
  const ofItem = new Map<number, IsoBox[]>();
  const associations: Association[] = [];
  for (const { start } of boxes.filter(({ type }) => type === 'ipma')) {
    const wideItems = reader.u8(start) > 0;
    const wideIndices = (reader.u8(start + 3) & 1) === 1;
    const entries = reader.u32(start + FULL_BOX_BYTES, false);
    let at = start + FULL_BOX_BYTES + 4;
    for (let entry = 0; entry < entries; entry++) {
      const item = itemId(reader, at, wideItems);
      at += wideItems ? 4 : 2;
      const count = reader.u8(at++);
      const own = ofItem.get(item) ?? [];
      for (let i = 0; i < count; i++, at += wideIndices ? 2 : 1) {
        // The highest bit says whether a reader must know the property. Counted from 1; 0 is none.
        const index = wideIndices ? reader.u16(at, false) & 0x7fff : reader.u8(at) & 0x7f;
        if (index > all.length) throw reader.damaged();
        if (index === 0) continue;
        own.push(all[index - 1]);
        associations.push({ at, bytes: wideIndices ? 2 : 1, box: all[index - 1] });
      }
      ofItem.set(item, own);
    }
  }
  return { all, ofItem, associations };
}

function itemId(reader: ByteReader, at: number, wide: boolean): number {
  return wide ? reader.u32(at, false) : reader.u16(at, false);
}

/** Bits of an AV1 configuration's third byte (AV1 Codec ISO Media File Format Binding, 2.3.3). */
const MONOCHROME = 0x10;
const SUBSAMPLED = 0x0c;

/** `colr` of type `nclx` (ISO/IEC 14496-12, 12.1.5). */
function readColourBox(reader: ByteReader, { start }: IsoBox): ColourCoding {
  return { primaries: reader.u16(start + 4, false), matrix: reader.u16(start + 8, false), fullRange: (reader.u8(start + 10) & 0x80) !== 0 };
}

/** The first bytes of an item's data; none if it has none, or has them in another item. */
function itemStart(reader: ByteReader, boxes: readonly IsoBox[], wanted: number): Uint8Array {
  const locations = boxes.find(({ type }) => type === 'iloc');
  for (const { item, method, offset, length } of locations ? itemExtents(reader, locations) : []) {
    if (item !== wanted) continue;
    const base = method === 0 ? 0 : method === 1 ? boxes.find(({ type }) => type === 'idat')?.start : undefined;
    return base === undefined ? new Uint8Array() : reader.bytes.subarray(base + offset, length > 0 ? base + offset + length : undefined);
  }
  return new Uint8Array();
}

/** Returns true if a property says that its item is an alpha plane (ISO/IEC 23008-12, 6.5.8). */
function saysAlpha(reader: ByteReader, { type, start, end }: IsoBox): boolean {
  if (type !== 'auxC') return false;
  const text = String.fromCharCode(...reader.bytes.subarray(start + FULL_BOX_BYTES, Math.min(end, start + 64)));
  return ALPHA_TYPES.includes(text.split('\0')[0]);
}
