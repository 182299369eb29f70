import { createRequire } from 'node:module';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackendDefinition } from '../backends/backend.ts';
import { createIntegerWasmBackend } from '../backends/integer-wasm.ts';
import { createInterpreterBackend } from '../backends/interpreter.ts';
import { INTEGER_CANDIDATES } from '../backends/names.ts';
import { missingTfjs } from '../backends/tfjs.ts';
import { createTfjsWasmBackend } from '../backends/tfjs-wasm.ts';
import type { Candidate } from '../classifier/demotion.ts';
import type { KernelThreads } from '../integer/threads/kernel-thread.ts';
import { isGraphVariant, type VariantName } from '../package/variants.ts';
import { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
import type { NodeBackendName } from './load-options.ts';

/**
 * Opens the backends to try, in order.
 *
 * @param asked these and no others; undefined: those that compute the variant, of a group the fastest
 * @param onLost told, with the reason, when one thread answers from then on
 * @throws AppError PROGRAM_FILE_MISSING where TensorFlow.js is wanted and not installed
 */
export function nodeCandidates(
  variant: VariantName,
  asked: readonly NodeBackendName[] | undefined,
  count: number,
  onLost: (reason: string) => void,
): Candidate[] {
  const threads: KernelThreads = { count, onLost, start: () => nodeKernelThread(new Worker(KERNEL_WORKER)) };
  const open = (name: NodeBackendName): BackendDefinition => {
    if (name === 'tfjs-wasm') return createTfjsWasmBackend({ wasmPaths: binariesFolder() });
    return name === 'interpreter' ? createInterpreterBackend() : createIntegerWasmBackend(name, { threads });
  };
  const names = asked ?? (isGraphVariant(variant) ? (['tfjs-wasm'] as const) : INTEGER_CANDIDATES);
  return names.map((entry) => (typeof entry === 'string' ? open(entry) : entry.map(open)));
}

/** Finds the folder of TensorFlow.js's binaries, which lie beside its package's entry; a prefix for tfjs ends in a slash. */
function binariesFolder(): string {
  try {
    return `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;
  } catch (cause) {
    throw missingTfjs('TensorFlow.js', cause);
  }
}
