/**
 * Tests a QDQ model's description of itself and ONNX Runtime's answers to it; every network's numbers are in
 * `quantization/integer/registry.test.ts`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IntegerNode, IntegerProgram } from '@sld-edge/runtime/integer';
import { InferenceSession } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, type Network } from '../networks/index.ts';
import { quantizeNetwork } from '../quantization/integer/quantize-network.ts';
import { wasmEngine } from '../testing/engines.ts';
import { onnxDescription } from '../testing/open-onnx-model.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { wavePixels } from '../testing/wave-pixels.ts';
import { writeInt8OnnxModel } from './onnx-int8-model.ts';
import { int8Nodes } from './onnx-int8-nodes.ts';
import { writeOnnxModel } from './onnx-model.ts';
import type { OnnxTensor } from './onnx-protobuf.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const programOf = (network: Network): Promise<IntegerProgram> =>
  quantizeNetwork(engine.tf, freeze(network, randomState(network)), {
    pixels: wavePixels(network, 2, 1),
    scale: { factor: [0.015, 0.015, 0.015], offset: [-2, -2, -2] },
  });

const named = (name: string): Network => buildNetwork(name, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });

describe('a QDQ model', () => {
  it('has the input and the output of the float32 model, the same bytes every time, and about a quarter of them', async () => {
    const network = named('resnet8');
    const [program, description] = [await programOf(network), onnxDescription(network)];
    const model = writeInt8OnnxModel(program, description);
    const [int8, float32] = [
      await InferenceSession.create(model),
      await InferenceSession.create(writeOnnxModel(freeze(network, randomState(network)), description)),
    ];
    expect(int8.inputMetadata).toEqual(float32.inputMetadata);
    expect(int8.outputMetadata).toEqual(float32.outputMetadata);
    await Promise.all([int8.release(), float32.release()]);
    expect(Buffer.from(writeInt8OnnxModel(program, description)).equals(model)).toBe(true);
    // A byte a weight, 77,850 of them; the rest is biases, scales and names.
    expect(model.length).toBeGreaterThan(77_850);
    expect(model.length).toBeLessThan(110_000);
    expect(Buffer.from(model).includes('resnet8, 10 classes, 8-bit weights, 7-bit activations')).toBe(true);
  });

  it.each(['resnet8', 'MobileNetV2', 'ShuffleV2'])('of %s becomes integer kernels throughout in ONNX Runtime', async (name) => {
    const network = named(name);
    const path = join(temporaryFolder(), 'optimised.onnx');
    const session = await InferenceSession.create(writeInt8OnnxModel(await programOf(network), onnxDescription(network)), {
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
      optimizedModelFilePath: path,
    });
    await session.release();
    const optimised = readFileSync(path).toString('latin1');
    // An operator's name is a field of its node: number 4, its length, its text.
    const uses = (op: string): number => optimised.split(`\x22${String.fromCharCode(op.length)}${op}`).length - 1;
    expect(uses('QLinearConv')).toBe(network.nodes.filter(({ op }) => op.endsWith('onv2d')).length);
    expect(uses('QLinearAdd')).toBe(network.nodes.filter(({ op }) => op === 'add').length);
    expect([uses('QLinearGlobalAveragePool'), uses('QGemm'), uses('QuantizeLinear')]).toEqual([1, 1, 1]);
    expect([uses('Conv'), uses('Add'), uses('Gemm'), uses('GlobalAveragePool'), uses('DequantizeLinear')]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('int8Nodes', () => {
  it("states a convolution's scales and biases as ONNX has them, and cuts its output off at the program's limits", () => {
    // 0.5 · 16384 / 2^15 / 0.25 = 1; the second output half of it.
    const node: IntegerNode = {
      op: 'convolution',
      name: 'conv',
      inputs: ['x'],
      shape: [4, 4, 2],
      scale: 0.5,
      zeroPoint: 10,
      low: 10,
      high: 100,
      weights: Int8Array.of(1, 2, 3, -4),
      bias: Int32Array.of(100 - 7 * 3, -50 - 7 * -1),
      multiplier: Int16Array.of(16_384, 8192),
      shift: Uint8Array.of(15, 15),
      kernel: 1,
      stride: 1,
      padding: [0, 0, 0, 0],
      groups: 1,
      paddingValue: 7,
    };
    const constants = new Map<string, OnnxTensor['data']>();
    const constant = (key: string, data: OnnxTensor['data']): string => {
      constants.set(key, data);
      return key;
    };
    const nodes = int8Nodes(node, {
      name: 'conv/int8',
      inputs: [{ name: 'x/int8', shape: [4, 4, 2], scale: 0.25, zeroPoint: 7 }],
      constant,
    });
    expect(nodes.map(({ op, inputs }) => [op, ...inputs])).toEqual([
      ['DequantizeLinear', 'x/int8', 'input0_scale', 'input0_zero_point'],
      ['DequantizeLinear', 'weights_int8', 'weights_scale', 'weights_zero_point'],
      ['DequantizeLinear', 'bias_int32', 'bias_scale'],
      ['Conv', 'conv/int8/input0', 'conv/int8/weights', 'conv/int8/bias'],
      ['QuantizeLinear', 'conv/int8/real', 'scale', 'zero_point'],
      ['Clip', 'conv/int8/unclipped', 'low', 'high'],
    ]);
    expect(Object.fromEntries(constants)).toEqual({
      input0_scale: Float32Array.of(0.25),
      input0_zero_point: Uint8Array.of(7),
      weights_int8: Int8Array.of(1, 2, 3, -4),
      weights_scale: Float32Array.of(1, 0.5),
      weights_zero_point: Int8Array.of(0, 0),
      // Without what the program has put in for the input's zero point.
      bias_int32: Int32Array.of(100, -50),
      bias_scale: Float32Array.of(0.25, 0.125),
      scale: Float32Array.of(0.5),
      zero_point: Uint8Array.of(10),
      low: Uint8Array.of(10),
      high: Uint8Array.of(100),
    });
  });
});
