/**
 * Reference of one value of a node of an integer program, by docs/integer-arithmetic.md and nothing else: BigInt, no typed arrays, no
 * blocking, one value at a time. Written apart from the interpreter, to be compared with it.
 */
import type { IntegerNode } from '@sld-edge/runtime/integer';

const floorDivide = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** ⌊(a·m + 2^(s-1)) / 2^s⌋. */
export const R = (a: bigint, m: bigint, s: bigint): bigint => floorDivide(a * m + 2n ** (s - 1n), 2n ** s);

const cut = (value: bigint, { low, high }: { low: number; high: number }): bigint =>
  value < BigInt(low) ? BigInt(low) : value > BigInt(high) ? BigInt(high) : value;

type Read = (input: number, y: number, x: number, c: number) => bigint | undefined;

/** @param at position in `node.shape`, flattened @param inputs each of one image, NHWC */
export function referenceValue(node: IntegerNode, at: number, inputs: ArrayLike<number>[], shapes: (readonly number[])[]): bigint {
  const [columns, channels] = node.shape.length === 3 ? [node.shape[1], node.shape[2]] : [1, node.shape[0]];
  const c = at % channels;
  const column = Math.floor(at / channels) % columns;
  const row = Math.floor(at / channels / columns);
  const read: Read = (input, y, x, channel) => {
    const [height, width, count] = shapes[input];
    if (y < 0 || x < 0 || y >= height || x >= width) return undefined;
    return BigInt(inputs[input][(y * width + x) * count + channel]);
  };
  const sum = (terms: bigint[]): bigint => terms.reduce((total, term) => total + term, 0n);
  const window = (kernel: number): [number, number][] =>
    Array.from({ length: kernel * kernel }, (_, i) => [Math.floor(i / kernel), i % kernel]);
  const B = BigInt;

  switch (node.op) {
    case 'input':
    case 'affine':
      return cut(R(B(inputs[0][at]) * B(node.factor[c]) + B(node.offset[c]), 1n, B(node.shift)), node);
    case 'add':
      return cut(
        R(B(inputs[0][at]) * B(node.factors[0]) + B(inputs[1][at]) * B(node.factors[1]) + B(node.offset), 1n, B(node.shift)),
        node,
      );
    case 'convolution': {
      const {
        kernel,
        stride,
        padding: [top, left],
        groups,
        paddingValue,
      } = node;
      const own = shapes[0][2] / groups;
      const group = Math.floor(c / (channels / groups));
      const terms = window(kernel).flatMap(([ky, kx]) =>
        Array.from(
          { length: own },
          (_, i) =>
            (read(0, row * stride + ky - top, column * stride + kx - left, group * own + i) ?? B(paddingValue)) *
            B(node.weights[((c * kernel + ky) * kernel + kx) * own + i]),
        ),
      );
      return cut(R(B(node.bias[c]) + sum(terms), B(node.multiplier[c]), B(node.shift[c])) + B(node.zeroPoint), node);
    }
    case 'linear':
    case 'logits': {
      const terms = Array.from(inputs[0], (value, i) => B(value) * B(node.weights[c * inputs[0].length + i]));
      const value = R(B(node.bias[c]) + sum(terms), B(node.multiplier[c]), B(node.shift[c]));
      return node.op === 'logits' ? value : cut(value + B(node.zeroPoint), node);
    }
    case 'averagePool': {
      const {
        kernel,
        stride,
        padding: [top, left],
        paddingValue,
      } = node;
      const terms = window(kernel).map(([ky, kx]) => read(0, row * stride + ky - top, column * stride + kx - left, c) ?? B(paddingValue));
      return cut(R(B(node.bias) + B(node.factor) * sum(terms), B(node.multiplier), B(node.shift)) + B(node.zeroPoint), node);
    }
    case 'globalAveragePool': {
      const [height, width] = shapes[0];
      const terms = Array.from({ length: height * width }, (_, i) => read(0, Math.floor(i / width), i % width, c)!);
      return cut(R(B(node.bias) + B(node.factor) * sum(terms), B(node.multiplier), B(node.shift)) + B(node.zeroPoint), node);
    }
    case 'table':
      return B(node.table[Number(inputs[0][at])]);
    case 'multiply': {
      const second = inputs[1][shapes[1].length === 1 ? c : at];
      const product = (B(inputs[0][at]) - B(node.zeroPoints[0])) * (B(second) - B(node.zeroPoints[1]));
      return cut(R(product, B(node.multiplier), B(node.shift)) + B(node.zeroPoint), node);
    }
    case 'maxPool': {
      const {
        kernel,
        stride,
        padding: [top, left],
      } = node;
      const values = window(kernel).flatMap(([ky, kx]) => read(0, row * stride + ky - top, column * stride + kx - left, c) ?? []);
      return values.reduce((most, value) => (value > most ? value : most));
    }
    case 'channelShuffle': {
      const size = channels / node.groups;
      return read(0, row, column, (c % node.groups) * size + Math.floor(c / node.groups))!;
    }
    case 'channelSlice':
      return read(0, row, column, node.start + c)!;
    case 'concat': {
      let [input, left] = [0, c];
      while (left >= shapes[input][2]) left -= shapes[input++][2];
      return read(input, row, column, left)!;
    }
    case 'padChannels': {
      const from = c - node.before;
      return from >= 0 && from < shapes[0][2] ? read(0, row, column, from)! : B(node.zeroPoint);
    }
    case 'subsample':
      return read(0, row * node.stride, column * node.stride, c)!;
  }
}
