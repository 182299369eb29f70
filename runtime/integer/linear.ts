/** Linear layers of 7-bit activations by 8-bit weights: in the middle of a network, and the last one, which gives the logits. */
import { clamp, requantize } from './arithmetic.ts';
import type { IntegerLinear, IntegerLogits } from './program.ts';

export function interpretLinear(node: IntegerLinear): (input: Uint8Array, output: Uint8Array) => void {
  const { zeroPoint, low, high } = node;
  return (input, output) => products(node, input, (o, value) => (output[o] = clamp(value + zeroPoint, low, high)));
}

export function interpretLogits(node: IntegerLogits): (input: Uint8Array, output: Int32Array) => void {
  return (input, output) => products(node, input, (o, value) => (output[o] = value));
}

function products(
  { weights, bias, multiplier, shift }: IntegerLinear | IntegerLogits,
  x: Uint8Array,
  write: (o: number, value: number) => void,
): void {
  for (let o = 0, w = 0; o < bias.length; o++) {
    let sum = bias[o];
    for (let i = 0; i < x.length; i++, w++) sum = (sum + Math.imul(x[i], weights[w])) | 0;
    write(o, requantize(sum, multiplier[o], shift[o]));
  }
}
