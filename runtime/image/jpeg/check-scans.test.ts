import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/catalogue.ts';
import { corpus, corpusBytes } from '../../testing/corpus/corpus.ts';
import { ByteReader } from '../inspect/byte-reader.ts';
import { checkJpegScans } from './check-scans.ts';
import { jpegSegments, START_OF_SCAN, type JpegSegment } from './segments.ts';
import { randomStates } from '../../random-states.ts';

const isWhole = (bytes: Uint8Array): boolean => {
  try {
    checkJpegScans(new ByteReader(bytes, 'JPEG'));
    return true;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return false;
  }
};

const scansOf = (bytes: Uint8Array): { scan: JpegSegment; end: number }[] => {
  const segments = [...jpegSegments(new ByteReader(bytes, 'JPEG'))];
  return segments.flatMap((scan, i) => (scan.marker === START_OF_SCAN ? [{ scan, end: segments[i + 1].at }] : []));
};

const whole = corpus.filter(({ file, refused }) => file.endsWith('.jpg') && !refused).map(({ file }) => file);

describe('checkJpegScans', () => {
  it.each(whole)('passes %s', (file) => expect(isWhole(corpusBytes(file))).toBe(true));

  it.each(['jpeg-420.jpg', 'jpeg-444.jpg', 'jpeg-420-progressive.jpg', 'jpeg-444-progressive.jpg', 'jpeg-grey.jpg', 'jpeg-420-37x23.jpg'])(
    'refuses %s wherever a scan is cut, an end marker behind it',
    (file) => {
      const bytes = corpusBytes(file);
      for (const { scan, end } of scansOf(bytes)) {
        // The last byte may hold nothing but the bits that fill it up.
        for (let at = scan.end; at < end - 1; at += 1 + ((end - scan.end) >> 5)) {
          expect(isWhole(Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)])), `cut at ${at}`).toBe(false);
        }
      }
    },
  );

  it.each(['jpeg-420.jpg', 'jpeg-444.jpg', 'jpeg-420-640x427.jpg'])('refuses %s whose data are zeros from somewhere on', (file) => {
    const bytes = corpusBytes(file);
    const [{ scan, end }] = scansOf(bytes);
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const from = Math.round(scan.end + part * (end - scan.end));
      expect(isWhole(Buffer.from(bytes).fill(0, from, end)), `zeros from ${part}`).toBe(false);
    }
  });

  it('refuses data that a hundred zeros were written into, where the blocks no longer come out even', () => {
    const bytes = corpusBytes('jpeg-420-640x427.jpg');
    const [{ scan, end }] = scansOf(bytes);
    for (const part of [0.1, 0.3, 0.5, 0.7]) {
      const from = Math.round(scan.end + part * (end - scan.end));
      expect(isWhole(Buffer.from(bytes).fill(0, from, from + 100)), `zeros at ${part}`).toBe(false);
    }
  });

  it('passes what cameras add: bytes before the end marker, fill bytes before markers, zeros behind the last block', () => {
    const bytes = corpusBytes('jpeg-420.jpg');
    const [{ scan, end }] = scansOf(bytes);
    const withBefore = (at: number, ...added: number[]): Buffer =>
      Buffer.concat([bytes.subarray(0, at), Uint8Array.from(added), bytes.subarray(at)]);
    expect(isWhole(withBefore(end, 0x12, 0x34, 0x56))).toBe(true);
    expect(isWhole(withBefore(end, ...new Array<number>(1000).fill(0)))).toBe(true);
    expect(isWhole(withBefore(end, 0xff, 0xff, 0xff))).toBe(true);
    expect(isWhole(withBefore(scan.at, 0xff, 0xff))).toBe(true);
    expect(isWhole(withBefore(scan.at, 1, 2, 3))).toBe(true);
    // A restart marker behind the last block, and more behind it.
    expect(isWhole(withBefore(end, 0xff, 0xd0, 1, 2))).toBe(true);
  });

  it('passes parameters of a sequential scan that mean nothing', () => {
    const bytes = Buffer.from(corpusBytes('jpeg-420.jpg'));
    const [{ scan }] = scansOf(bytes);
    bytes.fill(0, scan.end - 3, scan.end);
    expect(isWhole(bytes)).toBe(true);
  });

  it("passes a file without tables that is coded by the standard's", () => {
    const bytes = corpusBytes('jpeg-standard-tables.jpg');
    const tables = [...jpegSegments(new ByteReader(bytes, 'JPEG'))].filter(({ marker }) => marker === 0xc4);
    expect(tables.length).toBeGreaterThan(0);
    const without = Buffer.concat([bytes.subarray(0, tables[0].at), bytes.subarray(tables.at(-1)!.end)]);
    expect(isWhole(without)).toBe(true);
  });

  it('refuses a component that no scan sends', () => {
    const bytes = corpusBytes('jpeg-420-progressive.jpg');
    const [first, second] = scansOf(bytes);
    // The scan of all components' first coefficients goes.
    expect(isWhole(Buffer.concat([bytes.subarray(0, first.scan.at), bytes.subarray(second.scan.at)]))).toBe(false);
  });

  it.each(['jpeg-restarts.jpg', 'jpeg-progressive-restarts.jpg'])('wants the restart markers of %s, in their order', (file) => {
    const bytes = corpusBytes(file);
    const [{ scan, end }] = scansOf(bytes);
    const markers: number[] = [];
    for (let at = scan.end; at < end; at++) if (bytes[at] === 0xff && bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7) markers.push(at);
    expect(markers.length).toBeGreaterThan(8);
    expect(isWhole(bytes)).toBe(true);
    const renumbered = Buffer.from(bytes);
    renumbered[markers[3] + 1] = 0xd0;
    expect(isWhole(renumbered)).toBe(false);
    // One marker less, one interval less, its data cut.
    expect(isWhole(Buffer.concat([bytes.subarray(0, markers[3]), bytes.subarray(markers[3] + 2)]))).toBe(false);
    expect(isWhole(Buffer.concat([bytes.subarray(0, markers[3]), bytes.subarray(markers[4])]))).toBe(false);
    expect(isWhole(Buffer.concat([bytes.subarray(0, markers[3] + 2), bytes.subarray(markers[4])]))).toBe(false);
    // Cameras leave bytes before them, too.
    expect(isWhole(Buffer.concat([bytes.subarray(0, markers[3]), Uint8Array.of(1, 2), bytes.subarray(markers[3])]))).toBe(true);
  });

  it('throws nothing but AppErrors on mutations, and comes to an end', () => {
    const next = randomStates();
    const draw = (n: number): number => next() % n;
    for (const file of ['jpeg-420-37x23.jpg', 'jpeg-444-progressive.jpg', 'jpeg-restarts.jpg', 'jpeg-progressive-restarts.jpg']) {
      const bytes = corpusBytes(file);
      for (let round = 0; round < 500; round++) {
        const mutant = Buffer.from(bytes);
        for (let change = draw(5); change >= 0; change--) mutant[2 + draw(mutant.length - 2)] = [0, 0xff, 0xd0, 0xda, draw(256)][draw(5)];
        isWhole(mutant);
      }
    }
  });
});
