import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageOperations } from '../data/augmentation/index.ts';

/** Largest differences allowed in a comparison: grey levels, and the fraction of pixels that differ at all. */
export const AUGMENTATION_TOLERANCE = { levels: 1, fraction: 0.005 } as const;

export interface AugmentationRow {
  operation: string;
  magnitude: number;
  /** Largest difference of a channel, in grey levels. */
  worstLevels: number;
  /** Fraction of the pixels that differ in any channel, in 0…1. */
  fractionDifferent: number;
}

export interface AugmentationReport {
  /** One for each case of the folder, in its order. */
  rows: AugmentationRow[];
  /** The row with the largest `worstLevels`; among equals the one with the larger `fractionDifferent`. */
  worst: AugmentationRow;
  /** One line for each operation whose range of magnitudes differs from ours. */
  rangeMismatches: string[];
  /** True where every row is within `AUGMENTATION_TOLERANCE` and every range is ours. */
  pass: boolean;
}

interface ReferenceCase {
  op: string;
  min: number;
  max: number;
  value: number;
  offset: number;
}

interface Reference {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  input: Uint8Array;
  cases: ReferenceCase[];
  bytes: Uint8Array;
}

/**
 * Holds the strong view's operations against reference vectors: a folder with `augment.json` (shape
 * `[images, height, width, channels]`, `inputOffset`, and for each case the operation, its range, the
 * magnitude and the byte offset of the expected images) and `augment.bin` (NHWC uint8).
 *
 * @throws Error of one line where the folder is missing, malformed or names an operation that we lack
 */
export async function verifyAugmentation(referenceDir: string): Promise<AugmentationReport> {
  const reference = await readReference(referenceDir);
  const rows = reference.cases.map((expected) => compare(reference, expected));
  const worst = rows.reduce((a, b) =>
    b.worstLevels > a.worstLevels || (b.worstLevels === a.worstLevels && b.fractionDifferent > a.fractionDifferent) ? b : a,
  );
  const mismatches = reference.cases
    .filter(({ op, min, max }) => min !== imageOperations[op].min || max !== imageOperations[op].max)
    .map(
      ({ op, min, max }) =>
        `${op}: the reference draws from ${min}…${max}, ours from ${imageOperations[op].min}…${imageOperations[op].max}`,
    );
  const withinTolerance = rows.every(
    (row) => row.worstLevels <= AUGMENTATION_TOLERANCE.levels && row.fractionDifferent <= AUGMENTATION_TOLERANCE.fraction,
  );
  const rangeMismatches = [...new Set(mismatches)];
  return { rows, worst, rangeMismatches, pass: withinTolerance && rangeMismatches.length === 0 };
}

function compare(reference: Reference, expected: ReferenceCase): AugmentationRow {
  const { count, height, width, channels, input, bytes } = reference;
  const size = height * width * channels;
  const result = new Uint8Array(size);
  let worstLevels = 0;
  let different = 0;
  for (let n = 0; n < count; n++) {
    const data = input.subarray(n * size, (n + 1) * size);
    imageOperations[expected.op].apply({ height, width, channels, data }, expected.value, result);
    for (let pixel = 0; pixel < size; pixel += channels) {
      let levels = 0;
      for (let i = pixel; i < pixel + channels; i++) {
        levels = Math.max(levels, Math.abs(result[i] - bytes[expected.offset + n * size + i]));
      }
      if (levels > 0) different++;
      worstLevels = Math.max(worstLevels, levels);
    }
  }
  return { operation: expected.op, magnitude: expected.value, worstLevels, fractionDifferent: different / (count * height * width) };
}

async function readReference(directory: string): Promise<Reference> {
  const path = join(directory, 'augment.json');
  const text = (await readOrExplain(path)).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  const { shape, inputOffset, cases } = checkDescription(path, parsed);
  const [count, height, width, channels] = shape;
  const bytes = await readOrExplain(join(directory, 'augment.bin'));
  const block = count * height * width * channels;
  for (const [what, offset] of [['the input', inputOffset] as const, ...cases.map((c) => [c.op, c.offset] as const)]) {
    if (offset + block > bytes.length) {
      throw new Error(
        `${join(directory, 'augment.bin')} ends early: ${what} needs bytes ${offset}…${offset + block}, the file has ${bytes.length}`,
      );
    }
  }
  return { count, height, width, channels: channels as 1 | 3, cases, bytes, input: bytes.subarray(inputOffset, inputOffset + block) };
}

interface Description {
  shape: [number, number, number, number];
  inputOffset: number;
  cases: ReferenceCase[];
}

function checkDescription(path: string, parsed: unknown): Description {
  const { shape, inputOffset, cases } = (parsed ?? {}) as Partial<Record<keyof Description, unknown>>;
  const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every(isCount) || (shape[3] !== 1 && shape[3] !== 3)) {
    throw new Error(`${path}: "shape" must be [images, height, width, 1 or 3]; came ${JSON.stringify(shape)}`);
  }
  if (!isOffset(inputOffset)) {
    throw new Error(`${path}: "inputOffset" must be a byte position; came ${JSON.stringify(inputOffset)}`);
  }
  if (!Array.isArray(cases) || cases.length === 0) {
    throw new Error(`${path}: "cases" must be a list with at least one case`);
  }
  cases.forEach((entry: unknown, index) => checkCase(`${path}: cases[${index}]`, entry));
  return { shape: shape as Description['shape'], inputOffset: inputOffset as number, cases: cases as ReferenceCase[] };
}

function checkCase(where: string, entry: unknown): void {
  const { op, min, max, value, offset } = (entry ?? {}) as Partial<Record<keyof ReferenceCase, unknown>>;
  if (typeof op !== 'string' || !Object.hasOwn(imageOperations, op)) {
    throw new Error(`${where}: "op" must be one of ${Object.keys(imageOperations).join(', ')}; came ${JSON.stringify(op)}`);
  }
  if (![min, max, value].every((number) => Number.isFinite(number)) || !isOffset(offset)) {
    throw new Error(`${where}: "min", "max" and "value" must be numbers and "offset" a byte position; came ${JSON.stringify(entry)}`);
  }
}

function isOffset(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

async function readOrExplain(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, { cause: error });
  }
}
