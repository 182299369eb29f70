import { createIntegerRunner } from '@sld-edge/runtime/integer';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { integerCalibration } from '../quantization/integer/calibration-images.ts';
import { quantizeInThread } from '../quantization/quantize-in-thread.ts';
import { PLAIN_SCALE } from '../evaluation/model-input.ts';
import { wasmEngine } from '../testing/engines.ts';
import { relativeDifference } from '../support/difference.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { accuracy, predictions } from '../evaluation/accuracy.ts';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { entriesOf, networkOf, type MeasuredVariants } from './measured-variant.ts';
import { accuracyGate, measureOnTest, writeCandidates } from './measure-variants.ts';

const withTop1 = (float32: number, uint8: number): Parameters<typeof accuracyGate>[0] => ({
  float32: { validation: { top1: float32, top5: 1, count: 10_000 } },
  uint8: { validation: { top1: uint8, top5: 1, count: 10_000 } },
});

describe('accuracyGate', () => {
  it.each([
    [0.9, 0.895, 0.5, true],
    [0.9, 0.8949, 0.5, false],
    [0.9123, 0.9073, 0.5, true],
    [0.9123, 0.9072, 0.5, false],
    [0.9, 0.9, 0, true],
    [0.9, 0.8999, 0, false],
    [0.9, 0.91, 0, true],
  ])('float32 %f, uint8 %f, allowed %f points: %s', (float32, uint8, allowed, pass) => {
    const gate = accuracyGate(withTop1(float32, uint8), allowed);
    expect(gate.pass).toBe(pass);
    expect(gate.allowed).toBe(allowed);
    expect(gate.drop).toBeCloseTo(100 * (float32 - uint8), 9);
  });

  it('does not pass a figure that is no number', () => {
    expect(accuracyGate(withTop1(0.9, NaN), 0.5).pass).toBe(false);
  });
});

describe('writeCandidates and measureOnTest', () => {
  const { data, network, state } = tinyStudent();
  let variants: MeasuredVariants;
  beforeAll(async () => {
    variants = await measureOnTest(await writeCandidates(freeze(network, state), data, ['float32', 'uint8', 'integer']), data);
  });

  it('measures every image of the test and validation sets on wasm', async () => {
    const { tf } = await wasmEngine();
    const frozen = freeze(network, state);
    expect(relativeDifference(variants.float32.testLogits, await frozenLogits(tf, frozen, data.test, data.normalise))).toBeLessThan(1e-4);
    expect(
      relativeDifference(variants.float32.validationLogits, await frozenLogits(tf, frozen, data.validation, data.normalise)),
    ).toBeLessThan(1e-4);
    for (const [, { testLogits, accuracy: stated, validationLogits, validation }] of entriesOf(variants)) {
      expect(stated).toEqual(accuracy(testLogits, data.test.labels, 3));
      expect(validation).toEqual(accuracy(validationLogits, data.validation.labels, 3));
    }
    expect(variants.float32.accuracy.count).toBe(24);
  });

  it('measures the integer variant by its program’s own arithmetic, calibrated on training images', () => {
    const { program, testLogits, weights } = variants.integer!;
    expect(networkOf(variants.integer!)).toEqual({ kind: 'program', program });
    expect(testLogits).toEqual(createIntegerRunner(program).logits(data.test.images.range(0, data.test.count)));
    expect(weights.length).toBeLessThan(variants.float32.graph.weightBytes / 3);
    const other = quantizeInThread(
      freeze(network, state),
      integerCalibration(data.train, data.inputShape, { ...data.preprocessing, scale: PLAIN_SCALE }),
    );
    return expect(other).resolves.toEqual(program);
  });

  it('takes the scales that a student was trained for as they are', async () => {
    const { program } = variants.integer!;
    // Those of the calibrated program, all twice as coarse, so that they are nobody's but the student's.
    const scales = new Map(program.nodes.map(({ name, scale, zeroPoint }) => [name, { scale: 2 * scale, zeroPoint }]));
    const { integer } = await writeCandidates(freeze(network, state), data, ['float32', 'uint8', 'integer'], { maxDrop: 0, scales });
    for (const { op, name, scale, zeroPoint } of integer!.program.nodes)
      if (op !== 'logits') expect({ scale, zeroPoint }).toEqual(scales.get(name));
  });

  it('says on how many images the variants agree', () => {
    const [float32, uint8] = [variants.float32, variants.uint8].map(({ testLogits }) => predictions(testLogits, 3));
    expect(variants.float32.agreementWithFloat32).toBe(1);
    expect(variants.uint8.agreementWithFloat32).toBe(float32.filter((label, i) => label === uint8[i]).length / 24);
    expect(variants.uint8.testLogits).not.toEqual(variants.float32.testLogits);
  });
});
