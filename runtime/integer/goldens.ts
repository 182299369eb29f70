/**
 * Golden outputs of an integer program: what every implementation must give, to the bit. Logits as they are; of each node the
 * SHA-256 of its activations, so that an implementation that differs is told where it begins to.
 */
import { sha256Hex } from '../package/sha256.ts';
import { createIntegerRunner, sizeOfShape, type IntegerRunner } from './interpreter.ts';
import type { IntegerProgram } from './program.ts';

export interface IntegerGoldens {
  count: number;
  /** `[count][classes]`. */
  logits: number[][];
  /** By the node's name: of the activations of all images, one after the other. */
  activations: Record<string, string>;
}

/** @param pixels a whole number of images, at least one */
export async function makeIntegerGoldens(program: IntegerProgram, pixels: Uint8Array): Promise<IntegerGoldens> {
  const { logits, activations } = observed(createIntegerRunner(program), program, pixels);
  const sums: Record<string, string> = {};
  for (const [name, values] of activations) sums[name] = await sha256Hex(values);
  return { count: logits.length, logits, activations: sums };
}

/**
 * Holds an implementation against the goldens, for equality.
 * @param runner may show the activations of some nodes only, as where it computes several at once
 * @returns the first node that differs and how, in one line; undefined where nothing does
 */
export async function firstDifference(runner: IntegerRunner, program: IntegerProgram, goldens: IntegerGoldens, pixels: Uint8Array): Promise<string | undefined> {
  const { logits, activations } = observed(runner, program, pixels);
  if (logits.length !== goldens.count) return `${logits.length} images against ${goldens.count} golden ones`;
  for (const { name, op } of program.nodes) {
    const values = activations.get(name);
    if (values && (await sha256Hex(values)) !== goldens.activations[name]) return `${op} "${name}" gives other activations`;
  }
  for (const [image, row] of logits.entries()) {
    const at = row.findIndex((value, c) => value !== goldens.logits[image][c]);
    if (at >= 0) return `logit ${at} of image ${image} is ${row[at]}, golden ${goldens.logits[image][at]}`;
  }
  return undefined;
}

function observed(runner: IntegerRunner, program: IntegerProgram, pixels: Uint8Array): { logits: number[][]; activations: Map<string, Uint8Array> } {
  const size = sizeOfShape(program.nodes[0].shape);
  const count = pixels.length / size;
  const activations = new Map<string, Uint8Array>();
  const logits = Array.from({ length: count }, (_, image) => {
    const row = [...runner.integerLogits(pixels.subarray(image * size, (image + 1) * size))];
    for (const [name, values] of runner.activations) {
      const all = activations.get(name) ?? new Uint8Array(count * values.length);
      all.set(values, image * values.length);
      activations.set(name, all);
    }
    return row;
  });
  return { logits, activations };
}
