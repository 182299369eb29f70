/** Random integer programs on kernels of the runtime, compared with the interpreter: every node's activations and the logits. */
import { createIntegerWasmBackend, createIntegerWebgpuBackend, type IntegerWasmName, type ProgramBackend } from '@sld-edge/runtime';
import { differenceFromInterpreter, randomPixels, randomProgram } from '@sld-edge/runtime/testing';
import { openAdapter } from '../engines/webgpu/dawn.ts';

/** Backends that are held against the interpreter. */
export type KernelBackend = IntegerWasmName | 'webgpu';

export interface IntegerCheck {
  backend: KernelBackend;
  /** One line: what computed. */
  description: string;
  programs: number;
  nodes: number;
  /** Differences of programs, in one line each. */
  differences: string[];
  pass: boolean;
}

const IMAGES = 2;

/** @throws Error in one line if this machine has no WebGPU */
const backendOf = async (name: KernelBackend): Promise<ProgramBackend> =>
  name === 'webgpu' ? createIntegerWebgpuBackend({ gpu: (await openAdapter()).gpu }) : createIntegerWasmBackend(name);

/**
 * @param programs of the seeds from `seed` on
 * @param onProgram told how many are done
 * @throws AppError BACKEND_UNAVAILABLE if this engine lacks the backend
 */
export async function checkIntegerPrograms(
  name: KernelBackend,
  seed: number,
  programs: number,
  onProgram: (done: number) => void = () => undefined,
): Promise<IntegerCheck> {
  const backend = await backendOf(name);
  await backend.init();
  const differences: string[] = [];
  let nodes = 0;
  for (let i = 0; i < programs; i++) {
    const program = randomProgram(seed + i, name === 'wasm-relaxed' ? 7 : undefined);
    nodes += program.nodes.length;
    const pixels = randomPixels(program, seed + i, IMAGES);
    // As it runs, with sums in convolutions and memory used twice; then with every node's activations kept.
    for (const keepActivations of [false, true]) {
      const loaded = await backend.loadProgram(program, { keepActivations });
      const compared = { integerLogits: loaded.integerLogits, activations: () => loaded.activations };
      const difference = await differenceFromInterpreter(program, compared, pixels, { everyNode: keepActivations });
      loaded.dispose();
      if (!difference) continue;
      differences.push(difference);
      break;
    }
    onProgram(i + 1);
  }
  return { backend: name, description: backend.description(), programs, nodes, differences, pass: differences.length === 0 };
}
