/**
 * A program as files: JSON, in which every array of numbers stands as a reference `{ "type", "offset", "length" }` into one binary
 * file of little-endian numbers, each array aligned to 4 bytes. Format: docs/integer-arithmetic.md.
 */
import { sha256Hex } from '../package/sha256.ts';
import { checkProgram, type ProgramVersion } from './check-program.ts';
import { evenSides, type IntegerProgram } from './program.ts';

/** The version of the format that this code writes; it reads version 1 too. */
export const INTEGER_FORMAT_VERSION: ProgramVersion = 2;

const VERSIONS = [1, 2] as const satisfies readonly ProgramVersion[];

const FORMAT = 'sld-edge-integer';

type NumberArray = Int8Array | Uint8Array | Int16Array | Int32Array;
const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, int32: Int32Array };
type ArrayType = keyof typeof ARRAYS;

interface ArrayReference {
  type: ArrayType;
  /** Offset of the first byte. */
  offset: number;
  /** Length in numbers. */
  length: number;
}

export interface IntegerProgramFile {
  format: typeof FORMAT;
  formatVersion: number;
  name: string;
  /** Bits of every activation; absent in version 1, which knows 7 only. */
  activationBits?: number;
  weights: { bytes: number; sha256: string };
  nodes: Record<string, unknown>[];
}

/**
 * The same program gives the same bytes.
 * @throws Error in one line for a program that version 2 does not hold: one of version 1 with other shifts
 */
export async function writeIntegerProgram(program: IntegerProgram): Promise<{ json: IntegerProgramFile; weights: Uint8Array }> {
  checkProgram(program);
  const parts: { offset: number; values: NumberArray }[] = [];
  let bytes = 0;
  const stored = (value: unknown): unknown => {
    const type = (Object.keys(ARRAYS) as ArrayType[]).find((name) => value instanceof ARRAYS[name]);
    if (!type) return value;
    const values = value as NumberArray;
    parts.push({ offset: bytes, values });
    const reference: ArrayReference = { type, offset: bytes, length: values.length };
    bytes += Math.ceil(values.byteLength / 4) * 4;
    return reference;
  };
  const nodes = program.nodes.map((node) => Object.fromEntries(Object.entries(node).map(([key, value]) => [key, stored(value)])));
  const weights = new Uint8Array(bytes);
  const view = new DataView(weights.buffer);
  for (const { offset, values } of parts)
    values.forEach((value, i) => store(view, offset + i * values.BYTES_PER_ELEMENT, values.BYTES_PER_ELEMENT, value));
  const { name, activationBits = 7 } = program;
  return {
    json: {
      format: FORMAT,
      formatVersion: INTEGER_FORMAT_VERSION,
      name,
      activationBits,
      weights: { bytes, sha256: await sha256Hex(weights) },
      nodes,
    },
    weights,
  };
}

/** Little-endian on every machine. */
function store(view: DataView, at: number, size: number, value: number): void {
  if (size === 4) view.setInt32(at, value, true);
  else if (size === 2) view.setInt16(at, value, true);
  else view.setInt8(at, value);
}

/**
 * The inverse, checked (`checkProgram`).
 * @throws Error in one line: another format or version, other weights than the JSON names, a program that can't be computed
 */
export async function readIntegerProgram(json: unknown, weights: Uint8Array): Promise<IntegerProgram> {
  const file = json as IntegerProgramFile;
  if (typeof json !== 'object' || json === null || file.format !== FORMAT)
    throw new Error(`expected an integer program (format "${FORMAT}")`);
  const version = VERSIONS.find((version) => version === file.formatVersion);
  if (!version)
    throw new Error(
      `integer program ${file.name} has format version ${file.formatVersion}; this code reads versions ${VERSIONS.join(' and ')}`,
    );
  if (weights.length !== file.weights.bytes)
    throw new Error(`integer program ${file.name}: expected ${file.weights.bytes} bytes of weights, got ${weights.length}`);
  const digest = await sha256Hex(weights);
  if (digest !== file.weights.sha256)
    throw new Error(`integer program ${file.name}: the weights have the SHA-256 ${digest}, expected ${file.weights.sha256}`);
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  const nodes = file.nodes.map((node) =>
    Object.fromEntries(Object.entries(node).map(([key, value]) => [key, isReference(value) ? load(view, value, file.name) : value])),
  );
  const program = {
    name: file.name,
    ...(file.activationBits === 8 && { activationBits: 8 }),
    nodes: version === 1 ? nodes.map(ofVersion1) : nodes,
  } as unknown as IntegerProgram;
  checkProgram(program, version);
  return program;
}

/** Converts a node of version 1, whose padding was the same at every side, and whose sums had no factor. */
const ofVersion1 = (node: Record<string, unknown>): Record<string, unknown> => ({
  ...node,
  ...('padding' in node && { padding: evenSides(node.padding as number) }),
  ...(String(node.op).endsWith('veragePool') && { factor: 1 }),
});

const isReference = (value: unknown): value is ArrayReference =>
  typeof value === 'object' && value !== null && 'offset' in value && 'type' in value;

function load(view: DataView, { type, offset, length }: ArrayReference, name: string): NumberArray {
  if (!Object.hasOwn(ARRAYS, type))
    throw new Error(`integer program ${name}: an array of type "${type}"; allowed: ${Object.keys(ARRAYS).join(', ')}`);
  const values = new ARRAYS[type](length);
  const size = values.BYTES_PER_ELEMENT;
  if (!(offset >= 0) || offset + length * size > view.byteLength)
    throw new Error(
      `integer program ${name}: an array of ${length} numbers at byte ${offset} does not lie within ${view.byteLength} bytes of weights`,
    );
  for (let i = 0; i < length; i++) {
    const at = offset + i * size;
    values[i] = size === 4 ? view.getInt32(at, true) : size === 2 ? view.getInt16(at, true) : view.getInt8(at);
  }
  return values;
}
