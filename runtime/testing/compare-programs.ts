/** Kernels compared with the interpreter: each node's activations and the logits, for equality. */
import { createIntegerRunner } from '../integer/interpreter.ts';
import type { IntegerProgram } from '../integer/program.ts';
import { sizeOfShape } from '../integer/shape.ts';

export interface ComparedProgram {
  integerLogits(pixels: Uint8Array): Int32Array | Promise<Int32Array>;
  /** Returns the activations of the last image, for a program that keeps them. */
  activations(): ReadonlyMap<string, Uint8Array>;
}

export interface Comparison {
  /** Activations of no node may be missing. */
  everyNode?: boolean;
}

/** @returns where the first difference is, in one line; undefined if there is none */
export async function differenceFromInterpreter(
  program: IntegerProgram,
  compared: ComparedProgram,
  pixels: Uint8Array,
  { everyNode = false }: Comparison = {},
): Promise<string | undefined> {
  const reference = createIntegerRunner(program);
  const size = sizeOfShape(program.nodes[0].shape);
  for (let image = 0; image * size < pixels.length; image++) {
    const own = pixels.subarray(image * size, (image + 1) * size);
    const expected = reference.integerLogits(own);
    const found = await compared.integerLogits(own);
    const activations = compared.activations();
    for (const { name, op } of program.nodes) {
      const [wanted, got] = [reference.activations.get(name), activations.get(name)];
      if (everyNode && wanted && !got) return `${program.name}, image ${image}: ${op} "${name}" shows no activations`;
      const at = wanted && got ? wanted.findIndex((value, i) => got[i] !== value) : -1;
      if (at >= 0) return `${program.name}, image ${image}: ${op} "${name}" gives ${got![at]} at ${at}, expected ${wanted![at]}`;
    }
    const at = expected.findIndex((value, i) => found[i] !== value);
    if (at >= 0) return `${program.name}, image ${image}: logit ${at} is ${found[at]}, expected ${expected[at]}`;
  }
  return undefined;
}
