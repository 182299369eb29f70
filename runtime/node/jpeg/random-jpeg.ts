/**
 * JPEGs of random coefficients, of any sampling, written by the standard (ITU-T T.81) without an encoder: what decoders are held
 * against each other with. They show nothing. The Huffman tables are flat: every code has the same length.
 */

export interface RandomJpegOptions {
  width: number;
  height: number;
  /** Sampling factors of each component, across and down: `[[2, 2], [1, 1], [1, 1]]` is 4:2:0, one component is grey. */
  sampling: readonly (readonly [across: number, down: number])[];
  /** Step of the quantization tables: the larger, the stronger the contrasts. */
  step: number;
  /** Units between restart markers; 0 for none. */
  restartUnits?: number;
  /** Progressive: the means first, then three bands of each component, the last bit of each in a scan of its own. */
  progressive?: boolean;
  /** A number of [0, 1), again and again. */
  random: () => number;
}

const BLOCK = 64;
/** Bands of frequencies of a progressive picture, behind the means. */
const BANDS = [
  [1, 5],
  [6, 20],
  [21, 63],
] as const;
/** Categories of differences of means, and symbols of run and size, that the tables have. */
const DC_SYMBOLS = Array.from({ length: 12 }, (_, size) => size);
const SIZES = 11;
const AC_SYMBOLS = Array.from({ length: 16 * SIZES }, (_, i) => (Math.floor(i / SIZES) << 4) | (i % SIZES));
const DC_BITS = 4;
const AC_BITS = 8;

/** A component's blocks, as many as an interleaved scan sends. */
interface Component {
  id: number;
  across: number;
  down: number;
  /** Blocks in a row and in a column: of the whole units, and of the picture alone. */
  columns: number;
  rows: number;
  ownColumns: number;
  ownRows: number;
  coefficients: Int16Array;
}

/** @returns the file */
export function randomJpeg(options: RandomJpegOptions): Buffer {
  const { width, height, sampling, step, restartUnits = 0, progressive = false } = options;
  const [mostAcross, mostDown] = [Math.max(...sampling.map(([across]) => across)), Math.max(...sampling.map(([, down]) => down))];
  const [unitsAcross, unitsDown] = [Math.ceil(width / (8 * mostAcross)), Math.ceil(height / (8 * mostDown))];
  const components = sampling.map(([across, down], i): Component => {
    const [columns, rows] = [unitsAcross * across, unitsDown * down];
    const own = (pixels: number, factor: number, most: number): number => Math.ceil(Math.ceil((pixels * factor) / most) / 8);
    return {
      id: i + 1,
      across,
      down,
      columns,
      rows,
      ownColumns: own(width, across, mostAcross),
      ownRows: own(height, down, mostDown),
      coefficients: randomCoefficients(columns * rows, options),
    };
  });
  const frame = [8, height >> 8, height & 255, width >> 8, width & 255, components.length];
  for (const { id, across, down } of components) frame.push(id, (across << 4) | down, 0);
  const scans = progressive
    ? [
        () => scan(components, [0, 0, 0, 1], restartUnits, [unitsAcross, unitsDown]),
        () => scan(components, [0, 0, 1, 0], restartUnits, [unitsAcross, unitsDown]),
        ...components.flatMap((one) => BANDS.map((band) => () => scan([one], [...band, 0, 0], restartUnits, [unitsAcross, unitsDown]))),
      ]
    : [() => scan(components, [0, 63, 0, 0], restartUnits, [unitsAcross, unitsDown])];
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xe0, [...Buffer.from('JFIF\0', 'latin1'), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: BLOCK }, (_, k) => Math.min(255, Math.max(1, Math.round(step * (1 + k / 16)))))]),
    segment(progressive ? 0xc2 : 0xc0, frame),
    segment(0xc4, [0x00, ...flatCounts(DC_BITS, DC_SYMBOLS.length), ...DC_SYMBOLS]),
    segment(0xc4, [0x10, ...flatCounts(AC_BITS, AC_SYMBOLS.length), ...AC_SYMBOLS]),
    ...(restartUnits > 0 ? [segment(0xdd, [restartUnits >> 8, restartUnits & 255])] : []),
    ...scans.map((write) => write()),
    Buffer.of(0xff, 0xd9),
  ]);
}

/** Means that wander, and frequencies that fade and are mostly 0, in the order in which they are sent. */
function randomCoefficients(blocks: number, { step, random }: RandomJpegOptions): Int16Array {
  const coefficients = new Int16Array(blocks * BLOCK);
  const most = Math.floor(1023 / step);
  for (let block = 0, mean = 0; block < blocks; block++) {
    mean = Math.max(-most, Math.min(most, Math.round(mean + (random() - 0.5) * most)));
    coefficients[block * BLOCK] = mean;
    for (let k = 1; k < BLOCK; k++)
      if (random() < 0.4) coefficients[block * BLOCK + k] = Math.round(((random() - 0.5) * Math.min(1023, 900 / step)) / (1 + k / 3));
  }
  return coefficients;
}

type Parameters = readonly [from: number, to: number, high: number, low: number];

/** A scan of one component or of all, interleaved. */
function scan(
  components: readonly Component[],
  [from, to, high, low]: Parameters,
  restartUnits: number,
  [unitsAcross, unitsDown]: readonly [number, number],
): Buffer {
  const header = [components.length];
  for (const { id } of components) header.push(id, 0x00);
  header.push(from, to, (high << 4) | low);
  const alone = components.length === 1;
  const [{ ownColumns, ownRows }] = components;
  const units = alone ? ownColumns * ownRows : unitsAcross * unitsDown;
  const parts: Buffer[] = [segment(0xda, header)];
  let bits = new Bits();
  let means = components.map(() => 0);
  for (let unit = 0; unit < units; unit++) {
    if (restartUnits > 0 && unit > 0 && unit % restartUnits === 0) {
      parts.push(bits.bytes(), Buffer.of(0xff, 0xd0 + ((unit / restartUnits - 1) & 7)));
      [bits, means] = [new Bits(), components.map(() => 0)];
    }
    for (const [i, component] of components.entries()) {
      for (const block of blocksOf(component, unit, alone, unitsAcross)) {
        const values = component.coefficients.subarray(block * BLOCK, (block + 1) * BLOCK);
        if (from === 0 && high > 0) bits.push((values[0] >> low) & 1, 1);
        else if (from === 0) {
          writeMean(bits, (values[0] >> low) - means[i]);
          means[i] = values[0] >> low;
        }
        if (to > 0) writeFrequencies(bits, values, Math.max(1, from), to);
      }
    }
  }
  return Buffer.concat([...parts, bits.bytes()]);
}

function blocksOf({ across, down, columns, ownColumns }: Component, unit: number, alone: boolean, unitsAcross: number): number[] {
  if (alone) return [Math.floor(unit / ownColumns) * columns + (unit % ownColumns)];
  const [left, top] = [(unit % unitsAcross) * across, Math.floor(unit / unitsAcross) * down];
  return Array.from({ length: across * down }, (_, i) => (top + Math.floor(i / across)) * columns + left + (i % across));
}

function writeMean(bits: Bits, difference: number): void {
  const size = sizeOf(difference);
  bits.push(size, DC_BITS);
  bits.push(magnitude(difference, size), size);
}

function writeFrequencies(bits: Bits, values: Int16Array, from: number, to: number): void {
  let run = 0;
  // Its place in the table.
  const write = (symbol: number): void => bits.push((symbol >> 4) * SIZES + (symbol & 15), AC_BITS);
  for (let k = from; k <= to; k++) {
    if (values[k] === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) write(0xf0);
    const size = sizeOf(values[k]);
    write((run << 4) | size);
    bits.push(magnitude(values[k], size), size);
    run = 0;
  }
  if (run > 0) write(0x00);
}

/** Number of bits of a number's magnitude (T.81, F.1.2.1). */
const sizeOf = (value: number): number => 32 - Math.clz32(Math.abs(value));

const magnitude = (value: number, size: number): number => (value < 0 ? value + (1 << size) - 1 : value);

/** Counts of codes of 1 to 16 bits: all of one length. The code of ones alone must stay free, and does. */
const flatCounts = (length: number, count: number): number[] => Array.from({ length: 16 }, (_, i) => (i + 1 === length ? count : 0));

class Bits {
  private readonly out: number[] = [];
  private pending = 0;
  private count = 0;

  push(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.pending = (this.pending << 1) | ((value >> bit) & 1);
      if (++this.count < 8) continue;
      this.out.push(this.pending);
      if (this.pending === 0xff) this.out.push(0);
      [this.pending, this.count] = [0, 0];
    }
  }

  /** Filled up with ones. */
  bytes(): Buffer {
    while (this.count > 0) this.push(1, 1);
    return Buffer.from(this.out);
  }
}

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...content]);
}
