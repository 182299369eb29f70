/** Random integer programs on kernels of the runtime, compared with the interpreter: every node's activations and the logits. */
import { createIntegerWasmBackend, integerWasmKernels, type IntegerWasmName, type InferenceProgram } from '@sld-edge/runtime';
import { differenceFromInterpreter, randomPixels, randomProgram } from '@sld-edge/runtime/testing';
import { startKernelThread } from '../support/kernel-thread.ts';

export interface IntegerCheck {
  backend: IntegerWasmName;
  threads: number;
  programs: number;
  nodes: number;
  /** Differences of programs, in one line each. */
  differences: string[];
  pass: boolean;
}

const IMAGES = 2;

interface IntegerCheckOptions {
  /** Threads that compute each program together, however little there is to compute. */
  threads?: number;
  /** Told how many are done. */
  onProgram?: (done: number) => void;
}

/**
 * @param programs of the seeds from `seed` on
 * @throws AppError BACKEND_UNAVAILABLE if this engine lacks the backend; Error where a thread is lost
 */
export async function checkIntegerPrograms(
  backend: IntegerWasmName,
  seed: number,
  programs: number,
  { threads = 1, onProgram = () => undefined }: IntegerCheckOptions = {},
): Promise<IntegerCheck> {
  const { set } = await integerWasmKernels(backend);
  let lost: string | undefined;
  const { loadProgram } = createIntegerWasmBackend(backend, {
    threads: { count: threads, start: startKernelThread, onLost: (reason) => (lost = reason), leastWork: 0 },
  });
  const differences: string[] = [];
  let nodes = 0;
  // The one before is kept open: threads end with the last program.
  let open: InferenceProgram | undefined;
  for (let i = 0; i < programs; i++) {
    const program = randomProgram(seed + i, set.sevenBits ? 7 : undefined);
    nodes += program.nodes.length;
    const pixels = randomPixels(program, seed + i, IMAGES);
    // As it runs, with sums in convolutions and memory used twice; then with every node's activations kept.
    for (const keepActivations of [false, true]) {
      const loaded = await loadProgram(program, { keepActivations });
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
  return { backend, threads, programs, nodes, differences, pass: differences.length === 0 };
}
