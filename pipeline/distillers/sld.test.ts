import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { createDistiller } from './index.ts';
import { createSld, sldDefaults, type SldOptions } from './sld.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

const LN3 = Math.log(3);

/** One sample of two classes: the student says (3/4, 1/4) on both views, and the true class is 1. */
function losses(epoch: number, overrides: Partial<SldOptions> = {}, teacherLogits = [LN3, 0]): Record<string, number> {
  return tf.tidy(() => {
    const [student, teacher] = [[LN3, 0], teacherLogits].map((row) => tf.tensor2d([row]));
    const batch = { labels: tf.tensor1d([1], 'int32'), student: { weak: student, strong: student }, teacher: { weak: teacher, strong: teacher }, epoch };
    const named = createSld({ temperatures: [1], gammaEpoch: 150, ...overrides }).losses(tf, batch);
    return Object.fromEntries(Object.entries(named).map(([name, loss]) => [name, loss.dataSync()[0]]));
  });
}

// KL((1/4, 3/4) ‖ (3/4, 1/4)) = ½ ln 3.
const KL = 0.5 * LN3;

describe('SLD', () => {
  it('has the published constants as defaults', () => {
    expect(sldDefaults).toEqual({ temperatures: [1, 2, 3, 4, 5, 6], ceWeight: 0.1, kdWeight: 0.9, gammaEpoch: 150, gradientThroughPseudoTeacher: true });
  });

  it('has no student swap up to epoch gamma, and one from the epoch after', () => {
    expect(Object.keys(losses(1))).toEqual(['ce', 'teacherSwap']);
    expect(Object.keys(losses(150))).toEqual(['ce', 'teacherSwap']);
    expect(Object.keys(losses(151))).toEqual(['ce', 'teacherSwap', 'studentSwap']);
    expect(Object.keys(losses(240))).toEqual(['ce', 'teacherSwap', 'studentSwap']);
  });

  it('computes what the paper says for one wrong sample', () => {
    const { ce, teacherSwap, studentSwap } = losses(151);
    expect(ce).toBeCloseTo(0.1 * 2 * Math.log(4), 6);
    // The teacher is as wrong as the student: swapped, it says (1/4, 3/4). Both views, weight 0.9.
    expect(teacherSwap).toBeCloseTo(0.9 * 2 * KL, 6);
    expect(studentSwap).toBeCloseTo(0.9 * 2 * KL, 6);
  });

  it('does not swap a teacher that is right', () => {
    // The teacher says (1/4, 3/4) already.
    expect(losses(1, {}, [0, LN3]).teacherSwap).toBeCloseTo(0.9 * 2 * KL, 6);
    // A wrong teacher without the swap would agree with the student.
    expect(losses(1).teacherSwap).toBeGreaterThan(0.9);
  });

  it('weighs its parts by its options', () => {
    const { ce, teacherSwap, studentSwap } = losses(1, { ceWeight: 1, kdWeight: 0.5, gammaEpoch: 0 });
    expect(ce).toBeCloseTo(2 * Math.log(4), 5);
    expect(teacherSwap).toBeCloseTo(KL, 6);
    expect(studentSwap).toBeCloseTo(KL, 6);
  });

  it('lets gradient through the pseudo teacher or not, as the option says', () => {
    const gradient = (gradientThroughPseudoTeacher: boolean): number[] =>
      tf.tidy(() => {
        const distiller = createSld({ temperatures: [1], kdWeight: 1, gammaEpoch: 0, gradientThroughPseudoTeacher });
        const fixed = tf.tensor2d([[0, 0]]);
        const loss = (weak: Tensor): Tensor => {
          const student = { weak: weak as Tensor2D, strong: fixed };
          return distiller.losses(tf, { labels: tf.tensor1d([1], 'int32'), student, teacher: student, epoch: 1 }).studentSwap;
        };
        return [...tf.grad(loss)(tf.tensor2d([[LN3, 0]])).dataSync()];
      });
    // Stopped: softmax(z) - softmax(swap z) = 3/4 - 1/4.
    expect(gradient(false)[0]).toBeCloseTo(0.5, 5);
    expect(gradient(false)[1]).toBeCloseTo(-0.5, 5);
    // Through: of a · tanh(a/2), a = z0 - z1 = ln 3: tanh(a/2) + a/2 · sech²(a/2) = 1/2 + ln 3 · 3/8.
    expect(gradient(true)[0]).toBeCloseTo(0.5 + (LN3 * 3) / 8, 5);
    expect(gradient(true)[1]).toBeCloseTo(-0.5 - (LN3 * 3) / 8, 5);
  });

  it.each([
    [240, 150],
    [24, 15],
    [48, 30],
    [30, 19],
    [4, 3],
    [1, 1],
  ])('of a schedule of %i epochs opens its gate after epoch %i', (epochs, gammaEpoch) => {
    expect(createDistiller('sld', { epochs }).options.gammaEpoch).toBe(gammaEpoch);
  });
});
