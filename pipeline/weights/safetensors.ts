/**
 * The safetensors format (github.com/huggingface/safetensors, "Format"): eight bytes with the header's length
 * (little-endian), a JSON header of names with dtype, shape and offsets, then the tensors' bytes. Written as F32;
 * read from any floating type.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { bfloat16, float16, float32, float64, float8e4m3, float8e5m2, type FloatingType } from './floating-types.ts';
import type { NetworkState } from '../networks/state.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { readWhole } from '../support/whole-io.ts';

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const FLOATING: Readonly<Record<string, FloatingType>> = {
  F32: float32,
  F16: float16,
  BF16: bfloat16,
  F64: float64,
  F8_E4M3: float8e4m3,
  F8_E5M2: float8e5m2,
};
/** Counters and indices, which no network here reads. */
const WHOLE_NUMBERS: ReadonlySet<string> = new Set(['I64', 'I32', 'I16', 'I8', 'U64', 'U32', 'U16', 'U8', 'BOOL']);

/** The reference reader's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** Writes atomically; `metadata` values are strings, as the format asks. */
export function writeSafetensors(path: string, tensors: NetworkState, metadata: Record<string, string> = {}): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  // The data begins at a multiple of 8, as the reference writer aligns it; spaces are the padding it uses.
  const headerBytes = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes.length));
  writeFileAtomic(
    path,
    length,
    headerBytes,
    ...[...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

export interface SafetensorsFile {
  /** Tensors as float32, whatever they were. */
  tensors: NetworkState;
  metadata: Record<string, string>;
  /** Names of tensors of whole numbers, which were not read. */
  dropped: string[];
}

/**
 * @throws Error in one line if the file is missing, truncated, not safetensors, or holds a type that is not read.
 */
export function readSafetensors(path: string): SafetensorsFile {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw new Error(`cannot read the checkpoint ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    return read(file);
  } catch (error) {
    throw new Error(`${path} is not a usable safetensors file: ${(error as Error).message}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function read(file: number): SafetensorsFile {
  const { size } = fstatSync(file);
  const refuse = (why: string): never => {
    throw new Error(why);
  };
  if (size < 8) refuse(`${size} bytes`);
  const headerLength = Number(readPart(file, 0, 8).readBigUInt64LE(0));
  if (headerLength > size - 8) refuse(`a header of ${headerLength} bytes in a file of ${size}`);
  if (headerLength > MAX_HEADER_BYTES) refuse(`a header of ${headerLength} bytes; up to ${MAX_HEADER_BYTES} are read`);
  let header: Record<string, unknown> | null = null;
  try {
    header = JSON.parse(readPart(file, 8, headerLength).toString('utf8')) as Record<string, unknown>;
  } catch {
    refuse('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return refuse('its header is not JSON of an object');
  const dataStart = 8 + headerLength;
  const dataBytes = size - dataStart;
  const tensors: NetworkState = new Map();
  const dropped: string[] = [];
  let taken = 0;
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<HeaderEntry>;
    if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets))
      return refuse(`"${name}" has no dtype, shape and data_offsets`);
    if (WHOLE_NUMBERS.has(dtype)) {
      dropped.push(name);
      continue;
    }
    const type = Object.hasOwn(FLOATING, dtype)
      ? FLOATING[dtype]
      : refuse(`"${name}" is ${dtype}; read are ${Object.keys(FLOATING).join(', ')}`);
    const [begin, end] = offsets;
    const count = shape.reduce((product, size) => product * size, 1);
    const fits =
      shape.every((size) => Number.isInteger(size) && size >= 0) &&
      Number.isInteger(begin) &&
      begin >= 0 &&
      end - begin === count * type.bytes &&
      end <= dataBytes;
    if (!fits) refuse(`"${name}" [${shape}] lies at ${begin}…${end} of ${dataBytes} bytes`);
    // The format forbids overlaps; without them the tensors can't be more than the file.
    taken += end - begin;
    if (taken > dataBytes) refuse(`its tensors overlap: ${taken} bytes by "${name}" of ${dataBytes}`);
    tensors.set(name, { shape, data: type.read(readPart(file, dataStart + begin, end - begin), count) });
  }
  return { tensors, metadata: metadataOf(header.__metadata__), dropped };
}

function metadataOf(value: unknown): Record<string, string> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (value !== undefined && (!isObject || !Object.values(value).every((text) => typeof text === 'string')))
    throw new Error('its __metadata__ is no object of texts');
  return (value ?? {}) as Record<string, string>;
}

function readPart(file: number, start: number, bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  const came = readWhole(file, out, start);
  if (came < bytes) throw new Error(`it ends early: ${bytes} bytes expected at ${start}, ${came} came`);
  return out;
}
