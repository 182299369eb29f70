/** The resizer's loops in WebAssembly, assembled when they are first needed. */
import { assemble } from '../../wasm/assembler.ts';
import { column, type Column } from './column-loop.ts';
import { rows, type Rows } from './rows-loop.ts';
import { shrink, type Shrink } from './shrink-loop.ts';

export interface ResizeLoops {
  memory: Uint8Array;
  shrink: Shrink;
  rows: Rows;
  column: Column;
}

const PAGE_BYTES = 65536;
/** Bytes of the loops' memory; jobs that do not fit are computed without SIMD. */
export const MEMORY_BYTES = 32 * PAGE_BYTES;

let loops: ResizeLoops | null | undefined;

/** The loops, made at the first call; null if WebAssembly or its SIMD is missing or forbidden. */
export function resizeLoops(): ResizeLoops | null {
  if (loops === undefined) {
    try {
      const pages = MEMORY_BYTES / PAGE_BYTES;
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const program = assemble({ shrink: shrink(), rows: rows(), column: column() });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program), { host: { memory } });
      loops = { ...(exports as unknown as Omit<ResizeLoops, 'memory'>), memory: new Uint8Array(memory.buffer) };
    } catch {
      loops = null;
    }
  }
  return loops;
}
