/** Shards fit into what browsers and proxies cache as one small file. */
export const SHARD_BYTES = 1024 * 1024;

export interface Shard {
  /** `weights-1of2.bin` */
  name: string;
  bytes: Uint8Array;
}

/** @returns at least one shard, of at most 1 MiB each, in order */
export function splitIntoShards(data: Uint8Array): Shard[] {
  const count = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  return Array.from({ length: count }, (_, i) => ({
    name: `weights-${i + 1}of${count}.bin`,
    bytes: new Uint8Array(data.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES)),
  }));
}
