/** Addresses of buffers in one memory: two that are never needed at the same time may share theirs. */
import { roundUp, type Buffer } from './layout.ts';

const ALIGNMENT = 16;

/**
 * Gives each buffer its address, the largest first, each at the lowest place that is free while it is needed.
 * @param start of the arena @returns its end
 */
export function placeBuffers(buffers: Buffer[], start: number): number {
  const placed: Buffer[] = [];
  let end = start;
  for (const buffer of [...buffers].sort((a, b) => b.bytes - a.bytes)) {
    const others = placed
      .filter((other) => other.firstStep <= buffer.lastStep && buffer.firstStep <= other.lastStep)
      .sort((a, b) => a.address - b.address);
    let address = start;
    for (const other of others) {
      if (address + buffer.bytes <= other.address) break;
      address = Math.max(address, roundUp(other.address + other.bytes, ALIGNMENT));
    }
    buffer.address = address;
    placed.push(buffer);
    end = Math.max(end, roundUp(address + buffer.bytes, ALIGNMENT));
  }
  return end;
}
