/** Random integer programs on kernels of the runtime, compared with the interpreter: every node's activations and the logits. */
import {
  createIntegerWasmBackend,
  createIntegerWebgpuBackend,
  type InferenceProgram,
  type IntegerWasmName,
  type ProgramBackend,
} from '@sld-edge/runtime';
import { differenceFromInterpreter, randomPixels, randomProgram, randomProgramOfVersion1 } from '@sld-edge/runtime/testing';
import { openAdapter } from '../engines/webgpu/dawn.ts';
import { startKernelThread } from '../support/kernel-thread.ts';

/** Backends that are held against the interpreter. */
export type KernelBackend = IntegerWasmName | 'webgpu';

export interface IntegerCheck {
  backend: KernelBackend;
  /** One line: what computed. */
  description: string;
  threads: number;
  programs: number;
  nodes: number;
  /** Differences of programs, in one line each. */
  differences: string[];
  pass: boolean;
}

const IMAGES = 2;

/** Every so many-th program has shifts of version 1. */
const OF_VERSION_1 = 5;

interface IntegerCheckOptions {
  /** Threads that compute each program together, however little there is to compute. */
  threads?: number;
  /** Told how many are done. */
  onProgram?: (done: number) => void;
}

/** @throws Error in one line if this machine has no WebGPU, or if threads are to share it */
async function backendOf(name: KernelBackend, threads: number, onLost: (reason: string) => void): Promise<ProgramBackend> {
  if (name !== 'webgpu')
    return createIntegerWasmBackend(name, { threads: { count: threads, start: startKernelThread, onLost, leastWork: 0 } });
  if (threads > 1) throw new Error(`--backend webgpu computes on a GPU and takes no --threads; got --threads ${threads}, leave it out`);
  return createIntegerWebgpuBackend({ gpu: (await openAdapter()).gpu });
}

/**
 * @param programs of the seeds from `seed` on
 * @throws AppError BACKEND_UNAVAILABLE if this engine lacks the backend; Error where a thread is lost
 */
export async function checkIntegerPrograms(
  name: KernelBackend,
  seed: number,
  programs: number,
  { threads = 1, onProgram = () => undefined }: IntegerCheckOptions = {},
): Promise<IntegerCheck> {
  let lost: string | undefined;
  const backend = await backendOf(name, threads, (reason) => (lost = reason));
  await backend.init();
  const differences: string[] = [];
  let nodes = 0;
  // The one before is kept open: threads end with the last program.
  let open: InferenceProgram | undefined;
  for (let i = 0; i < programs; i++) {
    const drawn = seed + i;
    const program =
      drawn % OF_VERSION_1 === 0 ? randomProgramOfVersion1(drawn) : randomProgram(drawn, name === 'wasm-relaxed' ? 7 : undefined);
    nodes += program.nodes.length;
    const pixels = randomPixels(program, drawn, IMAGES);
    // As it runs, with sums in convolutions and memory used twice; then with every node's activations kept.
    for (const keepActivations of [false, true]) {
      const loaded = await backend.loadProgram(program, { keepActivations });
      open?.dispose();
      open = loaded;
      const compared = { integerLogits: loaded.integerLogits, activations: () => loaded.activations };
      const difference = await differenceFromInterpreter(program, compared, pixels, { everyNode: keepActivations });
      if (lost !== undefined) throw new Error(`a thread was lost: ${lost}`);
      if (!difference) continue;
      differences.push(difference);
      break;
    }
    onProgram(i + 1);
  }
  open?.dispose();
  const pass = differences.length === 0;
  return { backend: name, description: backend.description(), threads, programs, nodes, differences, pass };
}
