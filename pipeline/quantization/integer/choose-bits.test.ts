import { describe, expect, it } from 'vitest';
import { checkProgram, type ActivationBits, type IntegerProgram } from '@sld-edge/runtime/integer';
import { activationChoiceText, chooseBits } from './choose-bits.ts';

/** The logits are the two channels' levels: of 7 bits the pixels' halves, rounded upwards, of 8 bits the pixels. */
function programOf(activationBits: ActivationBits): IntegerProgram {
  const activation = { scale: 1, zeroPoint: 0, low: 0, high: 2 ** activationBits - 1 };
  const eighths = { multiplier: 1 << 14, shift: 17 };
  const program: IntegerProgram = {
    name: 'two channels',
    activationBits,
    nodes: [
      {
        op: 'input',
        name: 'input',
        inputs: [],
        shape: [1, 1, 2],
        ...activation,
        factor: Int16Array.of(4, 4),
        offset: new Int32Array(2),
        shift: activationBits === 8 ? 2 : 3,
      },
      { op: 'globalAveragePool', name: 'pool', inputs: ['input'], shape: [2], ...activation, bias: 0, factor: 8, ...eighths },
      {
        op: 'logits',
        name: 'logits',
        inputs: ['pool'],
        shape: [2],
        scale: 1,
        zeroPoint: 0,
        weights: Int8Array.of(8, 0, 0, 8),
        bias: new Int32Array(2),
        multiplier: new Int16Array(2).fill(eighths.multiplier),
        shift: new Uint8Array(2).fill(eighths.shift),
      },
    ],
  };
  checkProgram(program);
  return program;
}

describe('chooseBits', () => {
  const made: ActivationBits[] = [];
  const make = async (bits: ActivationBits): Promise<IntegerProgram> => {
    made.push(bits);
    return programOf(bits);
  };

  it('takes 7 bits where their answers are the float network’s, and makes no other program', async () => {
    made.length = 0;
    const { program, choice } = await chooseBits(make, {
      pixels: Uint8Array.of(10, 200, 90, 3),
      images: 'validation',
      float: Float32Array.of(1, 2, 2, 1),
    });
    expect(program.activationBits).toBe(7);
    expect(made).toEqual([7]);
    expect(choice).toEqual({ bits: 7, agreement: { seven: 1 }, count: 2, images: 'validation' });
    expect(activationChoiceText(choice)).toBe(
      "activations of 7 bits: float32's top-1 on 100.00 % of 2 validation images, 90.00 % are wanted",
    );
  });

  it('takes 8 where 7 are too coarse', async () => {
    // 101 and 102 are both 51 in 7 bits, and of equals the first counts.
    const { program, choice } = await chooseBits(make, {
      pixels: Uint8Array.of(101, 102, 90, 3),
      images: 'calibration',
      float: Float32Array.of(1, 2, 2, 1),
    });
    expect(program.activationBits).toBe(8);
    expect(activationChoiceText(choice)).toBe(
      "activations of 8 bits: float32's top-1 on 100.00 % of 2 calibration images; with 7 bits on 50.00 %, 90.00 % are wanted",
    );
  });

  it('stays with 7 where 8 gain nothing', async () => {
    const { program, choice } = await chooseBits(make, { pixels: Uint8Array.of(9, 3), images: 'validation', float: Float32Array.of(1, 2) });
    expect(program.activationBits).toBe(7);
    expect(activationChoiceText(choice)).toMatch(/^activations of 7 bits: .*, but 8 bits have no more: 0.00 %$/);
  });
});
