import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { createDistiller } from './index.ts';
import { swapTrueClass } from './softened-kl.ts';
import { standardiseLogits } from './standardise.ts';
import { createSld, type SldOptions } from './sld.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

const LN3 = Math.log(3);

/** One sample of two classes: the student says (3/4, 1/4) on both views, and the true class is 1. */
function losses(epoch: number, overrides: Partial<SldOptions> = {}, teacherLogits = [LN3, 0]): Record<string, number> {
  return tf.tidy(() => {
    const [student, teacher] = [[LN3, 0], teacherLogits].map((row) => tf.tensor2d([row]));
    const batch = {
      labels: tf.tensor1d([1], 'int32'),
      student: { weak: student, strong: student },
      teacher: { weak: teacher, strong: teacher },
      epoch,
    };
    const named = createSld({ temperatures: [1], gammaEpoch: 150, ...overrides }).losses(tf, batch);
    return Object.fromEntries(Object.entries(named).map(([name, loss]) => [name, loss.dataSync()[0]]));
  });
}

// KL((1/4, 3/4) ‖ (3/4, 1/4)) = ½ ln 3.
const KL = 0.5 * LN3;

describe('SLD', () => {
  it('has the published constants as defaults', () => {
    expect(createSld().options).toEqual({
      views: 'both',
      temperatures: [1, 2, 3, 4, 5, 6],
      ceWeight: 0.1,
      kdWeight: 0.9,
      teacherSwap: true,
      studentSwap: true,
      gammaEpoch: 150,
      scheduleEpochs: 240,
      gammaFraction: null,
      gradientThroughPseudoTeacher: true,
      standardiseLogits: false,
    });
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

  it('imitates the teacher as it is with the teacher swap off, and has no pseudo teacher with the student swap off', () => {
    const plain = losses(151, { teacherSwap: false, studentSwap: false }, [2 * LN3, 0]);
    expect(Object.keys(plain)).toEqual(['ce', 'kd']);
    // The wrong teacher says (9/10, 1/10), and the student is to believe it: KL from (3/4, 1/4).
    expect(plain.kd).toBeCloseTo(0.9 * 2 * (0.9 * Math.log(0.9 / 0.75) + 0.1 * Math.log(0.1 / 0.25)), 6);
    expect(plain.ce).toBeCloseTo(losses(151).ce, 6);
    expect(Object.keys(losses(151, { teacherSwap: false }))).toEqual(['ce', 'kd', 'studentSwap']);
    expect(Object.keys(losses(151, { studentSwap: false }))).toEqual(['ce', 'teacherSwap']);
  });

  it('standardises logits before it softens them where it is told to', () => {
    // Two classes: a row (a, b) becomes ±1/√2, whatever its scale; a right teacher then says what it is swapped to as well.
    const half = Math.SQRT1_2;
    const p = 1 / (1 + Math.exp(2 * half));
    const kl = (1 - 2 * p) * 2 * half;
    const { ce, teacherSwap, studentSwap } = losses(151, { standardiseLogits: true }, [40, -3]);
    expect(teacherSwap).toBeCloseTo(0.9 * 2 * kl, 5);
    expect(studentSwap).toBeCloseTo(0.9 * 2 * kl, 5);
    expect(ce).toBeCloseTo(losses(151).ce, 6);
  });

  it('swaps standardised logits to what standardising swapped ones gives', () => {
    const rows = tf.tensor2d([
      [3, -1, 0.5, 2],
      [0, 1, 5, 4],
      [-2, -1, -3, -9],
    ]);
    const labels = tf.tensor1d([1, 2, 0], 'int32');
    const [first, second] = tf.tidy(() => [
      swapTrueClass(tf, standardiseLogits(tf, rows), labels).dataSync(),
      standardiseLogits(tf, swapTrueClass(tf, rows, labels)).dataSync(),
    ]);
    first.forEach((value, i) => expect(value).toBeCloseTo(second[i], 6));
    tf.dispose([rows, labels]);
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
        return [
          ...tf
            .grad(loss)(tf.tensor2d([[LN3, 0]]))
            .dataSync(),
        ];
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
