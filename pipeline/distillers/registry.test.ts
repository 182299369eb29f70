import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { centralDifferences, uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import type { DistillerBatch } from './distiller.ts';
import { createDistiller, distillers, type ViewName } from './index.ts';
import { parseMethodSpec } from './method-spec.ts';

const EPOCHS = 240;
const [BATCH, CLASSES] = [4, 5];
const shape: [number, number] = [BATCH, CLASSES];
/** Far enough apart that no step of the differences changes which is the largest. */
const logits = (seed: number): Float32Array =>
  uniform(BATCH * CLASSES, seed, -0.2, 0.2).map((noise, i) => noise + ((i * 7 + seed + Math.floor(i / CLASSES)) % CLASSES) * 0.8 - 1.5);
/** The teacher is right about the weak views of the first and third. */
const labels = [3, 1, 2, 0];
const student = { weak: logits(1), strong: logits(2) };
const teacher = { weak: logits(3), strong: logits(4) };

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

/** Methods with options whose losses take other ways; a stopped gradient is not that of central differences, and has a test of its own. */
const variants = [
  'sld{teacherSwap=false,studentSwap=false}',
  'sld{standardiseLogits=true,temperatures=[2,4]}',
  'mlkd{strongTemperatures=0,confidencePercentile=30}',
  'mlkd{strongTemperatures=9}',
  'dkd{alpha=0,lossWarmupEpochs=0}',
  'dkd{standardiseLogits=true,views=both}',
  'mlkd{standardiseLogits=true}',
  'rld{standardiseLogits=true,views=strong}',
  'crld{weakConfidence=0,strongConfidence=0}',
];

describe.each([...Object.keys(distillers), ...variants])('method %s', (spec) => {
  const { method: name, methodOptions } = parseMethodSpec(spec);
  const distiller = createDistiller(name, { epochs: EPOCHS }, methodOptions);

  /** Batch that holds only what the method declares: a method that reads an undeclared view fails. */
  const batchOf = (views: Partial<Record<ViewName, Tensor2D>>, epoch: number): DistillerBatch => {
    const teacherViews = distiller.needsTeacher
      ? Object.fromEntries(distiller.views.map((view) => [view, tf.tensor2d(teacher[view], shape)]))
      : {};
    return { labels: tf.tensor1d(labels, 'int32'), student: views, teacher: teacherViews, epoch } as DistillerBatch;
  };
  const total = (views: Partial<Record<ViewName, Tensor2D>>, epoch: number): Tensor =>
    tf.addN(Object.values(distiller.losses(tf, batchOf(views, epoch)))).asScalar();
  const uploaded = (values: Partial<Record<ViewName, ArrayLike<number>>> = {}): Record<ViewName, Tensor2D> =>
    Object.fromEntries(
      distiller.views.map((view) => [view, tf.tensor2d(Float32Array.from(values[view] ?? student[view]), shape)]),
    ) as Record<ViewName, Tensor2D>;

  it('is called what it is registered as, and declares its views and options', () => {
    expect(distiller.name).toBe(name);
    expect(distiller.views.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(distiller.options))).toEqual(distiller.options);
  });

  it.each([1, EPOCHS])('returns finite scalars by name at epoch %i', (epoch) => {
    tf.tidy(() => {
      for (const [loss, value] of Object.entries(distiller.losses(tf, batchOf(uploaded(), epoch)))) {
        expect(value.size, loss).toBe(1);
        expect(Number.isFinite(value.dataSync()[0]), loss).toBe(true);
      }
    });
  });

  it.each([1, EPOCHS])('has the gradient of central differences at epoch %i', (epoch) => {
    for (const moved of distiller.views) {
      const gradient = tf.tidy(() => tf.grad((z) => total({ ...uploaded(), [moved]: z as Tensor2D }, epoch))(uploaded()[moved]));
      const expected = centralDifferences((z) => tf.tidy(() => total(uploaded({ [moved]: z }), epoch).dataSync()[0]), student[moved], 0.03);
      expect(relativeDifference(gradient.dataSync(), expected), moved).toBeLessThan(1e-3);
      gradient.dispose();
    }
  });

  it('weighs its cross-entropy by class weights, and nothing else', () => {
    const values = (classWeights?: number[]): Record<string, number> =>
      tf.tidy(() => {
        const batch = { ...batchOf(uploaded(), EPOCHS), ...(classWeights && { classWeights: tf.tensor1d(classWeights) }) };
        return Object.fromEntries(Object.entries(distiller.losses(tf, batch)).map(([loss, value]) => [loss, value.dataSync()[0]]));
      });
    const [plain, alike, weighted] = [values(), values([2, 2, 2, 2, 2]), values([5, 1, 0.2, 1, 1])];
    for (const [loss, value] of Object.entries(plain)) {
      expect(alike[loss], loss).toBeCloseTo(value, 5);
      if (loss === 'ce') expect(Math.abs(weighted[loss] - value)).toBeGreaterThan(1e-3);
      else expect(weighted[loss], loss).toBe(value);
    }
  });

  it('leaves no tensor behind', () => {
    const step = (): void =>
      tf.tidy(() => {
        tf.grads((...views) => total(Object.fromEntries(distiller.views.map((view, i) => [view, views[i] as Tensor2D])), EPOCHS))(
          Object.values(uploaded()),
        );
      });
    step();
    const before = tf.memory().numTensors;
    step();
    step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('createDistiller', () => {
  it.each(['sdl', '', 'valueOf'])('refuses the unknown method "%s" and names the known ones', async (name) => {
    const error = await errorOf(() => createDistiller(name, { epochs: 1 }));
    expect(error.message).toBe(`unknown method "${name}"; allowed: ${Object.keys(distillers).join(', ')}`);
  });
});
