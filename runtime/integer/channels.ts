/** Operations that move activations and change none. */
import type {
  IntegerChannelShuffle,
  IntegerChannelSlice,
  IntegerConcat,
  IntegerPadChannels,
  IntegerShape,
  IntegerSubsample,
} from './program.ts';

export function interpretChannelShuffle({
  shape: [, , channels],
  groups,
}: IntegerChannelShuffle): (input: Uint8Array, output: Uint8Array) => void {
  const size = channels / groups;
  return (x, out) => {
    for (let i = 0; i < out.length; i += channels) {
      for (let group = 0; group < groups; group++) for (let c = 0; c < size; c++) out[i + c * groups + group] = x[i + group * size + c];
    }
  };
}

export function interpretChannelSlice(
  { shape: [, , channels], start }: IntegerChannelSlice,
  [, , from]: IntegerShape,
): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => place(x, from, start, out, channels, 0, channels);
}

export function interpretConcat(
  { shape: [, , channels] }: IntegerConcat,
  inputShapes: IntegerShape[],
): (inputs: Uint8Array[], output: Uint8Array) => void {
  return (inputs, out) => {
    let at = 0;
    inputs.forEach((x, i) => {
      place(x, inputShapes[i][2], 0, out, channels, at, inputShapes[i][2]);
      at += inputShapes[i][2];
    });
  };
}

export function interpretPadChannels(
  { shape: [, , channels], before, zeroPoint }: IntegerPadChannels,
  [, , from]: IntegerShape,
): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => place(x, from, 0, out.fill(zeroPoint), channels, before, from);
}

export function interpretSubsample(
  { shape: [rows, columns, channels], stride }: IntegerSubsample,
  [, width]: IntegerShape,
): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at += channels) {
        const from = (row * width + column) * stride * channels;
        out.set(x.subarray(from, from + channels), at);
      }
    }
  };
}

/** `count` channels of each pixel of x, from `start` on, to those of `out` from `at` on. */
function place(x: Uint8Array, xChannels: number, start: number, out: Uint8Array, outChannels: number, at: number, count: number): void {
  for (let i = start, o = at; o < out.length; i += xChannels, o += outChannels) for (let c = 0; c < count; c++) out[o + c] = x[i + c];
}
