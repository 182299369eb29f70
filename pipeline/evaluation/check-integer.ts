/** Random integer programs on kernels of the runtime, compared with the interpreter: every node's activations and the logits. */
import { integerWasmKernels, type IntegerWasmName } from '@sld-edge/runtime';
import { openProgram } from '@sld-edge/runtime/integer';
import { differenceFromInterpreter, randomPixels, randomProgram } from '@sld-edge/runtime/testing';

export interface IntegerCheck {
  backend: IntegerWasmName;
  programs: number;
  nodes: number;
  /** Differences of programs, in one line each. */
  differences: string[];
  pass: boolean;
}

const IMAGES = 2;

/**
 * @param programs of the seeds from `seed` on
 * @param onProgram told how many are done
 * @throws AppError BACKEND_UNAVAILABLE if this engine lacks the backend
 */
export async function checkIntegerPrograms(
  backend: IntegerWasmName,
  seed: number,
  programs: number,
  onProgram: (done: number) => void = () => undefined,
): Promise<IntegerCheck> {
  const { set, module } = await integerWasmKernels(backend);
  const differences: string[] = [];
  let nodes = 0;
  for (let i = 0; i < programs; i++) {
    const program = randomProgram(seed + i, set.sevenBits ? 7 : undefined);
    nodes += program.nodes.length;
    const pixels = randomPixels(program, seed + i, IMAGES);
    // As it runs, with sums in convolutions and memory used twice; then with every node's activations kept.
    for (const keepActivations of [false, true]) {
      const planned = await openProgram(program, set, module, { keepActivations });
      const difference = await differenceFromInterpreter(program, planned, pixels, { everyNode: keepActivations });
      if (!difference) continue;
      differences.push(difference);
      break;
    }
    onProgram(i + 1);
  }
  return { backend, programs, nodes, differences, pass: differences.length === 0 };
}
