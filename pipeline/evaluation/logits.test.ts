import { createIntegerRunner, writeIntegerProgram } from '@sld-edge/runtime/integer';
import { describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { writeGraphModel } from '../packaging/graph-model.ts';
import { networkOf } from '../packaging/measured-variant.ts';
import { writeOnnxModel } from '../packaging/onnx-model.ts';
import { integerCalibration } from '../quantization/integer/calibration-images.ts';
import { quantizeNetwork } from '../quantization/integer/quantize-network.ts';
import { wasmEngine } from '../testing/engines.ts';
import { relativeDifference } from '../support/difference.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { logitsOf } from './logits.ts';
import { modelPixels, PLAIN_SCALE } from './model-input.ts';

describe('logitsOf', () => {
  it('gives the same logits of a network, its graph model and its ONNX model, also on images of another size, and those of its integers', async () => {
    const { tf } = await wasmEngine();
    const data = tinyRunData();
    const network = buildNetwork('resnet8', { inputShape: { height: 6, width: 6, channels: 1 }, classes: 3 });
    const frozen = freeze(network, randomState(network));
    const preprocessing = { ...data.preprocessing, height: 6, width: 6 };
    const size = data.inputShape;
    const { images, count } = data.test;
    const floats = await logitsOf({ kind: 'network', network: frozen, tf }, images, preprocessing, { size });
    expect(floats).toHaveLength(3 * count);
    const graph = await logitsOf(networkOf({ graph: writeGraphModel(frozen, 'float32') }), images, preprocessing, { size });
    expect(relativeDifference(graph, floats)).toBeLessThan(1e-5);
    const onnx = writeOnnxModel(frozen, { labels: data.labels, preprocessing });
    expect(relativeDifference(await logitsOf({ kind: 'onnx', model: onnx }, images, preprocessing, { size }), floats)).toBeLessThan(1e-5);

    const program = await quantizeNetwork(tf, frozen, integerCalibration(data.train, size, { ...preprocessing, scale: PLAIN_SCALE }));
    const integers = await logitsOf(networkOf({ program, ...(await writeIntegerProgram(program)) }), images, preprocessing, {
      size,
      threads: 3,
    });
    const whole = modelPixels(images.range(0, count), count, size, preprocessing);
    expect(integers).toEqual(createIntegerRunner(program).logits(whole));
  });
});
