/**
 * Storage of activations in memory: as 16-bit numbers, which `i32x4.dot_i16x8_s` takes as they are, or as bytes. Eight of them are worked
 * on in lanes of 16 bits.
 */
import type { Code } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';

export interface Storage {
  /** Bytes of one activation. */
  bytes: 1 | 2;
  /** Eight activations in lanes of 16 bits. */
  load(address: Code, offset?: number): Code;
  /** @param value eight lanes of 16 bits, each an activation */
  store(address: Code, value: Code, offset?: number): Code;
  loadOne(address: Code, offset?: number): Code;
  storeOne(address: Code, value: Code, offset?: number): Code;
}

export const words: Storage = { bytes: 2, load: vector.load, store: vector.store, loadOne: scalar.load16, storeOne: scalar.store16 };

export const bytes: Storage = {
  bytes: 1,
  load: vector.load8Unsigned,
  store: (address, value, offset) => vector.storeHalf(address, vector.narrow16(value), offset),
  loadOne: scalar.load8,
  storeOne: scalar.store8,
};
