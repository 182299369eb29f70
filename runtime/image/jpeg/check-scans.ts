import type { ByteReader } from '../inspect/byte-reader.ts';
import { EntropyData } from './entropy-data.ts';
import { readFrame, readScan, type JpegFrame, type JpegScan } from './frame.ts';
import { readHuffmanTables, type HuffmanTable, type HuffmanTables } from './huffman-table.ts';
import { walkFirstAc, walkFirstDc, walkMoreAc, walkMoreDc, type NonZero } from './progressive-scan.ts';
import { isStartOfFrame, jpegSegments, START_OF_SCAN, type JpegSegment } from './segments.ts';
import { walkSequential } from './sequential-scan.ts';

const DEFINE_HUFFMAN_TABLES = 0xc4;
const DEFINE_RESTART_INTERVAL = 0xdd;

/** Number of equal bytes that are no picture's if the codes don't come out even: a disk's zeros, or what a transfer filled in. */
const FILLED_BYTES = 16;

/**
 * Checks that a JPEG's entropy-coded data are the codes of the picture that its headers announce: every block of every scan is
 * there, each code is one of its table's, restart markers come where they must and in their order. A decoder makes up grey pixels,
 * or repeats others, where that is not so, and says nothing.
 *
 * Bytes that follow the last block of a scan or of a restart interval are let pass, as decoders do it: cameras write them. Only
 * where blocks were read from a run of equal bytes, too, are they a sign that data were overwritten. A changed bit that leaves the
 * codes in order can't be told from another picture.
 *
 * @param reader - of a whole file that `inspectImage` has let through: Huffman codes, 8 bits, one frame
 * @throws AppError IMAGE_UNDECODABLE
 */
export function checkJpegScans(reader: ByteReader): void {
  const tables: HuffmanTables = { dc: [], ac: [] };
  const sent = new Set<number>();
  const nonZero = new Map<number, NonZero>();
  const precision = new Precision();
  let restartUnits = 0;
  let frame: JpegFrame | undefined;
  let scan: JpegSegment | undefined;
  for (const segment of jpegSegments(reader)) {
    if (scan && frame) {
      const header = readScan(reader, scan, frame, tables);
      if (frame.progressive && !precision.refine(header)) throw reader.damaged();
      const data = new EntropyData(reader.bytes, scan.end, segment.at);
      if (!isWhole(data, header, restartUnits, walkerOf(header, frame, nonZero))) throw reader.damaged();
      if (header.from === 0) for (const { id } of header.components) sent.add(id);
      scan = undefined;
    }
    if (isStartOfFrame(segment.marker)) frame = readFrame(reader, segment);
    else if (segment.marker === DEFINE_HUFFMAN_TABLES) readHuffmanTables(reader, segment, tables);
    else if (segment.marker === DEFINE_RESTART_INTERVAL) restartUnits = reader.u16(segment.start, false);
    else if (segment.marker === START_OF_SCAN) scan = segment;
  }
  if (!frame || frame.components.some(({ id }) => !sent.has(id))) throw reader.damaged();
}

/** Missing bits of each coefficient of each component, which are still to come. */
class Precision {
  private readonly missing = new Map<number, Int8Array>();

  /** @returns false if a scan does not continue where the one before ended (T.81, G.1.1.1.2) */
  refine({ components, from, to, high, low }: JpegScan): boolean {
    if (low > 13 || (high > 0 && low !== high - 1)) return false;
    return components.every(({ id }) => {
      const missing = this.missing.get(id) ?? new Int8Array(64);
      this.missing.set(id, missing);
      const continues = missing.subarray(from, to + 1).every((bits) => bits === high);
      missing.fill(low, from, to + 1);
      return continues;
    });
  }
}

/** Walks over some units of a scan. @returns bytes begun, or -1 */
type Walker = (data: EntropyData, firstUnit: number, units: number) => number;

function isWhole(entropy: EntropyData, { units }: JpegScan, restartUnits: number, walk: Walker): boolean {
  const most = restartUnits || units;
  for (let done = 0, interval = 0; done < units; done += most, interval++) {
    const expected = interval === 0 ? undefined : (interval - 1) & 7;
    if (interval > 0 && entropy.restart !== expected) return false;
    if (!entropy.next()) return false;
    const position = walk(entropy, done, Math.min(most, units - done));
    if (position < 0 || (position + 2 < entropy.length && isFilled(entropy.data, position))) return false;
  }
  return true;
}

function isFilled(data: Uint8Array, end: number): boolean {
  for (let at = 1, run = 1; at < end; at++) {
    run = data[at] === data[at - 1] ? run + 1 : 1;
    if (run === FILLED_BYTES) return true;
  }
  return false;
}

function walkerOf(scan: JpegScan, { progressive }: JpegFrame, allNonZero: Map<number, NonZero>): Walker {
  const { components, units, from, high } = scan;
  const refines = high > 0;
  if (!progressive) {
    const unit = components.flatMap(({ dc, ac, blocks }) => Array.from({ length: blocks }, () => ({ dc: dc!, ac: ac! })));
    return ({ data, length }, _first, count) => walkSequential(data, length, unit, count);
  }
  if (from === 0) {
    const unit = components.flatMap(({ dc, blocks }) => Array.from({ length: blocks }, () => dc));
    if (refines) return ({ length }, _first, count) => walkMoreDc(length, count * unit.length);
    return ({ data, length }, _first, count) => walkFirstDc(data, length, unit as HuffmanTable[], count);
  }
  const [{ id, ac }] = components;
  const nonZero = allNonZero.get(id) ?? new Uint32Array(2 * units);
  allNonZero.set(id, nonZero);
  const walk = refines ? walkMoreAc : walkFirstAc;
  return ({ data, length }, first, count) => walk(data, length, ac!, scan, nonZero, first, count);
}
