/**
 * The safetensors format (github.com/huggingface/safetensors, "Format"): eight bytes with the header's length
 * (little-endian), a JSON header of names with dtype, shape and offsets, then the tensors' bytes. Only F32 here.
 */
import { readFileSync } from 'node:fs';
import type { NetworkState } from '../networks/state.ts';
import { writeFileAtomic } from './atomic-write.ts';

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

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
  writeFileAtomic(path, length, headerBytes, ...[...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/**
 * @throws Error in one line where the file is missing, truncated, not safetensors, or holds another dtype than F32.
 */
export function readSafetensors(path: string): { tensors: NetworkState; metadata: Record<string, string> } {
  const refuse = (why: string): never => {
    throw new Error(`${path} is not a usable safetensors file: ${why}`);
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new Error(`cannot read the checkpoint ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (bytes.length < 8) refuse(`${bytes.length} bytes`);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  if (headerLength > bytes.length - 8) refuse(`a header of ${headerLength} bytes in a file of ${bytes.length}`);
  let header: Record<string, unknown> | null = null;
  try {
    header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, unknown>;
  } catch {
    refuse('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return refuse('its header is not JSON of an object');
  const dataStart = 8 + headerLength;
  const tensors: NetworkState = new Map();
  const metadata = (header.__metadata__ ?? {}) as Record<string, string>;
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<HeaderEntry>;
    if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) return refuse(`"${name}" has no dtype, shape and data_offsets`);
    if (dtype === 'I64') continue; // PyTorch's num_batches_tracked: counters that no network here reads.
    if (dtype !== 'F32') refuse(`"${name}" is ${dtype}; F32 is read`);
    const [begin, end] = offsets;
    const count = shape.reduce((product, size) => product * size, 1);
    if (!shape.every((size) => Number.isInteger(size) && size >= 0) || end - begin !== count * 4 || begin < 0 || dataStart + end > bytes.length) refuse(`"${name}" [${shape}] lies at ${begin}…${end} of ${bytes.length - dataStart} bytes`);
    // Copied, because a Float32Array needs an offset that is a multiple of four.
    tensors.set(name, { shape, data: new Float32Array(new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)).buffer) });
  }
  return { tensors, metadata };
}
