/** Convolutions of activations by 8-bit weights, dense, in groups and depthwise. */
import { clamp, requantize } from './arithmetic.ts';
import type { IntegerConvolution, IntegerShape, Sides } from './program.ts';

/** Makes the kernel of a node; what it returns writes one image's `output` from its `input`. */
export function interpretConvolution(node: IntegerConvolution, inputShape: IntegerShape): (input: Uint8Array, output: Uint8Array) => void {
  const pad = padder(inputShape, node.padding, node.paddingValue);
  const width = node.padding[1] + inputShape[1] + node.padding[3];
  const isDepthwise = node.groups === inputShape[2] && node.groups === node.shape[2];
  const compute = isDepthwise ? depthwise : inGroups;
  return (input, output) => compute(node, pad(input), width, inputShape[2], output);
}

/** The map with rows and columns of `value` around it. */
function padder([height, width, channels]: IntegerShape, padding: Sides, value: number): (input: Uint8Array) => Uint8Array {
  if (padding.every((side) => side === 0)) return (input) => input;
  const [top, left, bottom, right] = padding;
  const row = (left + width + right) * channels;
  const padded = new Uint8Array((top + height + bottom) * row).fill(value);
  return (input) => {
    for (let y = 0; y < height; y++)
      padded.set(input.subarray(y * width * channels, (y + 1) * width * channels), (y + top) * row + left * channels);
    return padded;
  };
}

/**
 * Four pixels of a row by two outputs at a time: eight sums for six loads. A kernel's row is one run of numbers in the map
 * as in the weights, in groups a run is one pixel's channels of the group. At edges the last pixel or output is computed again.
 */
function inGroups(node: IntegerConvolution, x: Uint8Array, width: number, channels: number, out: Uint8Array): void {
  const { weights, bias, multiplier, shift, zeroPoint, low, high, kernel, stride, groups } = node;
  const [rows, columns, outputs] = node.shape;
  const inputsOfGroup = channels / groups;
  const outputsOfGroup = outputs / groups;
  const size = kernel * kernel * inputsOfGroup;
  const runLength = groups === 1 ? kernel * inputsOfGroup : inputsOfGroup;
  const runsOfRow = groups === 1 ? 1 : kernel;
  const rowLength = width * channels;
  const step = stride * channels;

  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column += 4) {
      const left = columns - column - 1;
      const second = left < 1 ? 0 : step;
      const third = left < 2 ? second : 2 * step;
      const fourth = left < 3 ? third : 3 * step;
      const pixel = row * stride * rowLength + column * step;
      const at = (row * columns + column) * outputs;
      for (let group = 0; group < groups; group++) {
        const end = (group + 1) * outputsOfGroup;
        for (let o = group * outputsOfGroup; o < end; o += 2) {
          const p = o + 1 < end ? o + 1 : o;
          const beside = (p - o) * size;
          let w = o * size;
          let a0 = bias[o],
            a1 = a0,
            a2 = a0,
            a3 = a0;
          let b0 = bias[p],
            b1 = b0,
            b2 = b0,
            b3 = b0;
          for (let ky = 0; ky < kernel; ky++) {
            for (let run = 0; run < runsOfRow; run++) {
              let i = pixel + ky * rowLength + run * channels + group * inputsOfGroup;
              for (const runEnd = w + runLength; w < runEnd; w++, i++) {
                const wa = weights[w];
                const wb = weights[w + beside];
                const x0 = x[i];
                const x1 = x[i + second];
                const x2 = x[i + third];
                const x3 = x[i + fourth];
                a0 = (a0 + Math.imul(x0, wa)) | 0;
                a1 = (a1 + Math.imul(x1, wa)) | 0;
                a2 = (a2 + Math.imul(x2, wa)) | 0;
                a3 = (a3 + Math.imul(x3, wa)) | 0;
                b0 = (b0 + Math.imul(x0, wb)) | 0;
                b1 = (b1 + Math.imul(x1, wb)) | 0;
                b2 = (b2 + Math.imul(x2, wb)) | 0;
                b3 = (b3 + Math.imul(x3, wb)) | 0;
              }
            }
          }
          const ma = multiplier[o],
            sa = shift[o],
            mb = multiplier[p],
            sb = shift[p];
          out[at + o] = clamp(requantize(a0, ma, sa) + zeroPoint, low, high);
          out[at + p] = clamp(requantize(b0, mb, sb) + zeroPoint, low, high);
          if (left < 1) continue;
          out[at + outputs + o] = clamp(requantize(a1, ma, sa) + zeroPoint, low, high);
          out[at + outputs + p] = clamp(requantize(b1, mb, sb) + zeroPoint, low, high);
          if (left < 2) continue;
          out[at + 2 * outputs + o] = clamp(requantize(a2, ma, sa) + zeroPoint, low, high);
          out[at + 2 * outputs + p] = clamp(requantize(b2, mb, sb) + zeroPoint, low, high);
          if (left < 3) continue;
          out[at + 3 * outputs + o] = clamp(requantize(a3, ma, sa) + zeroPoint, low, high);
          out[at + 3 * outputs + p] = clamp(requantize(b3, mb, sb) + zeroPoint, low, high);
        }
      }
    }
  }
}

/** Each channel by its own kernel. */
function depthwise(node: IntegerConvolution, x: Uint8Array, width: number, channels: number, out: Uint8Array): void {
  const { weights, bias, multiplier, shift, zeroPoint, low, high, kernel, stride } = node;
  const [rows, columns] = node.shape;
  const area = kernel * kernel;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const pixel = (row * stride * width + column * stride) * channels;
      const at = (row * columns + column) * channels;
      for (let c = 0; c < channels; c++) {
        let sum = bias[c];
        let w = c * area;
        for (let ky = 0; ky < kernel; ky++) {
          let i = pixel + ky * width * channels + c;
          for (let kx = 0; kx < kernel; kx++, w++, i += channels) sum = (sum + Math.imul(x[i], weights[w])) | 0;
        }
        out[at + c] = clamp(requantize(sum, multiplier[c], shift[c]) + zeroPoint, low, high);
      }
    }
  }
}
