import { describe, expect, it } from 'vitest';
import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { describeChannelCounts } from '../testing/channel-counts-conformance.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { describeLosses } from '../testing/losses-conformance.ts';
import { describeTrainingOps } from '../testing/training-ops-conformance.ts';
import { describeTransformerOps } from '../testing/transformer-ops-conformance.ts';
import { convolutionPadding } from './padding.ts';

const { handle, missing } = await cachedTensorflow();

describeTrainingOps('tensorflow', missing, () => tensorflowEngine(handle!));
describeTransformerOps('tensorflow', missing, () => tensorflowEngine(handle!));
describeChannelCounts('tensorflow', missing, () => tensorflowEngine(handle!));
describeLosses('tensorflow', missing, () => tensorflowEngine(handle!));

describe.skipIf(missing !== '')(`fused convolution on tensorflow${missing}`, () => {
  it.each([
    { kernel: 3, stride: 1, padding: 1 },
    { kernel: 3, stride: 2, padding: 1 },
    { kernel: 1, stride: 2, padding: 0 },
  ])(
    'of kernel $kernel, stride $stride, padding $padding is the convolution, then the bias, then the activation',
    async ({ kernel, stride, padding }) => {
      const { tf, ops } = await tensorflowEngine(handle!);
      const [fused, composed] = tf.tidy(() => {
        const x = tf.tensor4d(uniform(2 * 9 * 8 * 3, 1), [2, 9, 8, 3]);
        const filter = tf.tensor4d(uniform(kernel * kernel * 3 * 4, 2), [kernel, kernel, 3, 4]);
        const bias = tf.tensor1d(uniform(4, 3));
        const pad = convolutionPadding(kernel, stride, padding);
        return [
          tf.fused.conv2d({ x, filter, strides: stride, pad, bias, activation: 'relu' }),
          tf.relu(tf.add(ops.conv2d(x, filter, stride, padding), bias)),
        ];
      });
      expect(fused.shape).toEqual(composed.shape);
      expect(relativeDifference(fused.dataSync(), composed.dataSync())).toBeLessThan(1e-6);
      tf.dispose([fused, composed]);
    },
  );
});
