import { LARGEST_MULTIPLIER, MULTIPLIED_SHIFTS, SHIFT_RANGE } from '../integer/arithmetic.ts';
import { accumulatorBound, checkProgram } from '../integer/check-program.ts';
import type { IntegerNode, IntegerProgram } from '../integer/program.ts';
import { randomNumbers, randomProgram } from './random-program.ts';

const [ACTIVATION, INT32] = [127, 2 ** 31 - 1];
/** More than the sum over any map of a random program, times its factor. */
const LARGEST_SUM = 2 ** 24;

interface Scaled {
  bias: number;
  multiplier: number;
  shift: number;
}

/**
 * The random program of the seed, of 7 bits, with shifts that only version 1 has: shorter ones that scale as before, and longer ones with
 * biases so large that accumulators lie about a number whose rounding changes. The same seed gives the same program.
 */
export function randomProgramOfVersion1(seed: number): IntegerProgram {
  const random = randomNumbers(seed ^ 0x0001);
  const number = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));

  /** @param bound of what is added to the bias */
  const rescaled = (before: Scaled, bound: number): Scaled => {
    const short = number(SHIFT_RANGE[0], MULTIPLIED_SHIFTS[0] - 1);
    const shorter = { ...before, multiplier: Math.max(1, Math.round(before.multiplier * 2 ** (short - before.shift))), shift: short };
    const shift = number(MULTIPLIED_SHIFTS[1] + 1, SHIFT_RANGE[1]);
    const multiplier = number(1, LARGEST_MULTIPLIER);
    const longer = { bias: Math.floor(((number(0, ACTIVATION) + 0.5) * 2 ** shift) / multiplier), multiplier, shift };
    const choices = [
      before,
      ...((bound + Math.abs(shorter.bias)) * shorter.multiplier < 2 ** 30 ? [shorter] : []),
      ...(bound + longer.bias <= INT32 ? [longer] : []),
    ];
    return choices[number(0, choices.length - 1)];
  };

  const nodes = randomProgram(seed, 7).nodes.map((node): IntegerNode => {
    if ('weights' in node) {
      const size = node.weights.length / node.bias.length;
      const outputs = Array.from(node.bias, (bias, o) =>
        rescaled({ bias, multiplier: node.multiplier[o], shift: node.shift[o] }, accumulatorBound(node.weights, 0, o, size)),
      );
      return {
        ...node,
        bias: Int32Array.from(outputs, ({ bias }) => bias),
        multiplier: Int16Array.from(outputs, ({ multiplier }) => multiplier),
        shift: Uint8Array.from(outputs, ({ shift }) => shift),
      };
    }
    switch (node.op) {
      case 'averagePool':
        return { ...node, ...rescaled(node, ACTIVATION * node.factor * node.kernel ** 2) };
      case 'globalAveragePool':
        return { ...node, ...rescaled(node, LARGEST_SUM) };
      case 'multiply': {
        const { multiplier, shift } = rescaled({ ...node, bias: 0 }, ACTIVATION ** 2);
        return { ...node, multiplier, shift };
      }
      case 'add': {
        const shift = number(26, 33);
        const most = INT32 - ACTIVATION * (node.factors[0] + node.factors[1]);
        const offset = Math.min(most, (2 * number(0, 7) + 1) * 2 ** (shift - 1)) - number(0, 2 ** 14);
        return random() < 0.5 ? node : { ...node, offset, shift };
      }
      default:
        return node;
    }
  });
  const program = { name: `random ${seed} of version 1`, nodes };
  checkProgram(program, 1);
  return program;
}
