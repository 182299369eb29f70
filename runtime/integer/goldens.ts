/**
 * Golden outputs of an integer program: what every implementation must give, to the bit. Logits as they are; of each node the
 * SHA-256 of its activations, so that an implementation that differs is told where it begins to.
 */
import { sha256Hex } from '../package/sha256.ts';
import { createIntegerRunner, type IntegerRunner } from './interpreter.ts';
import type { IntegerProgram } from './program.ts';
import { sizeOfShape } from './shape.ts';

export interface IntegerGoldens {
  count: number;
  /** `[count][classes]`. */
  logits: number[][];
  /** Digests of the activations of all images, one after the other, by the node's name. */
  activations: Record<string, string>;
}

/** Runner that is compared with goldens: an interpreter, or a backend's program. */
export type ObservedRunner = Pick<IntegerRunner, 'activations'> & { integerLogits(pixels: Uint8Array): Int32Array | Promise<Int32Array> };

/** @param pixels a whole number of images, at least one */
export async function makeIntegerGoldens(program: IntegerProgram, pixels: Uint8Array): Promise<IntegerGoldens> {
  const { logits, activations } = await observed(createIntegerRunner(program), program, pixels);
  const sums: Record<string, string> = {};
  for (const [name, values] of activations) sums[name] = await sha256Hex(values);
  return { count: logits.length, logits, activations: sums };
}

/**
 * Compares an implementation with the goldens, for equality.
 * @param runner may show the activations of some nodes only, as where it computes several at once
 * @returns the first node that differs and how, in one line; undefined if nothing does
 */
export async function firstDifference(
  runner: ObservedRunner,
  program: IntegerProgram,
  goldens: IntegerGoldens,
  pixels: Uint8Array,
): Promise<string | undefined> {
  const { logits, activations } = await observed(runner, program, pixels);
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

async function observed(
  runner: ObservedRunner,
  program: IntegerProgram,
  pixels: Uint8Array,
): Promise<{ logits: number[][]; activations: Map<string, Uint8Array> }> {
  const size = sizeOfShape(program.nodes[0].shape);
  const count = pixels.length / size;
  const activations = new Map<string, Uint8Array>();
  const logits: number[][] = [];
  for (let image = 0; image < count; image++) {
    logits.push([...(await runner.integerLogits(pixels.subarray(image * size, (image + 1) * size)))]);
    for (const [name, values] of runner.activations) {
      const all = activations.get(name) ?? new Uint8Array(count * values.length);
      all.set(values, image * values.length);
      activations.set(name, all);
    }
  }
  return { logits, activations };
}
