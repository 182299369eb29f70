/** Choice between activations of 7 and of 8 bits, by how often a program's answer is the float network's. */
import type { ActivationBits, IntegerProgram } from '@sld-edge/runtime/integer';
import { agreement } from '../../evaluation/accuracy.ts';
import { programBackend, programBackendFor } from '../../evaluation/program-backend.ts';
import { percent } from '../../support/progress.ts';

/** Fraction of images on which a program of 7 bits must have the float network's top-1; where it has not, 8 bits are tried. */
export const SEVEN_BITS_AGREEMENT = 0.9;

/** Chosen width of a program's activations, and by what. */
export interface ActivationChoice {
  bits: ActivationBits;
  /** Fraction of the images with the float network's top-1, with 7 bits and, where those were tried, with 8. */
  agreement: { seven: number; eight?: number };
  /** Images that decided, and which they were: `validation`. */
  count: number;
  images: string;
}

/** One line for people: which, and why. */
export function activationChoiceText({ bits, agreement: { seven, eight }, count, images }: ActivationChoice): string {
  const of = `${count.toLocaleString('en')} ${images} images`;
  const wanted = `${percent(SEVEN_BITS_AGREEMENT)} are wanted`;
  if (eight === undefined) return `activations of 7 bits: float32's top-1 on ${percent(seven)} of ${of}, ${wanted}`;
  return bits === 8
    ? `activations of 8 bits: float32's top-1 on ${percent(eight)} of ${of}; with 7 bits on ${percent(seven)}, ${wanted}`
    : `activations of 7 bits: float32's top-1 on ${percent(seven)} of ${of}, ${wanted}, but 8 bits have no more: ${percent(eight)}`;
}

/**
 * Makes the program of 7 bits, and where that answers otherwise than the float network too often the one of 8 bits.
 * @param make makes the program
 * @param float logits of the float network on `pixels`
 */
export async function chooseBits(
  make: (bits: ActivationBits) => Promise<IntegerProgram>,
  { pixels, images, float }: { pixels: Uint8Array; images: string; float: Float32Array },
): Promise<{ program: IntegerProgram; choice: ActivationChoice }> {
  const sevenBits = await make(7);
  const classes = sevenBits.nodes.at(-1)!.shape[0];
  const agreementOf = async (program: IntegerProgram): Promise<number> => agreement(await programLogits(program, pixels), float, classes);
  const base = { count: float.length / classes, images };
  const seven = await agreementOf(sevenBits);
  if (seven >= SEVEN_BITS_AGREEMENT) return { program: sevenBits, choice: { bits: 7, agreement: { seven }, ...base } };
  const eightBits = await make(8);
  const eight = await agreementOf(eightBits);
  const bits = eight > seven ? 8 : 7;
  return { program: bits === 8 ? eightBits : sevenBits, choice: { bits, agreement: { seven, eight }, ...base } };
}

async function programLogits(program: IntegerProgram, pixels: Uint8Array): Promise<Float32Array> {
  const loaded = await programBackend(await programBackendFor(program)).loadProgram(program);
  const logits = await loaded.integerLogits(pixels);
  loaded.dispose();
  const scale = Math.fround(program.nodes.at(-1)!.scale);
  return Float32Array.from(logits, (logit) => logit * scale);
}
