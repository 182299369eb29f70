import type { Tensor4D } from '@tensorflow/tfjs-core';
import { InferenceSession } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { GraphBuilder } from '../networks/graph.ts';
import type { Network } from '../networks/index.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { onnxDescription, onnxLogits } from '../testing/open-onnx-model.ts';
import { randomState } from '../testing/random-state.ts';
import { writeOnnxModel } from './onnx-model.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const write = (network: Network): Uint8Array => writeOnnxModel(freeze(network, randomState(network)), onnxDescription(network));

/** Made ones, for what no registered network has; those are in `networks/registry.test.ts`. */
describe.each(madeNetworks().map(([what, network]): [string, Network] => [what, network]))(
  '%s, written as an ONNX model',
  (_what, network) => {
    it('computes in ONNX Runtime what the frozen network does, for any number of images', async () => {
      const { height, width, channels } = network.inputShape;
      const runner = createFrozenRunner(engine.tf, freeze(network, randomState(network)));
      for (const count of [1, 3]) {
        const images = uniform(count * height * width * channels, 3, -2, 2);
        const shape: [number, number, number, number] = [count, height, width, channels];
        const { dims, logits } = await onnxLogits(write(network), images, shape);
        const expected = engine.tf.tidy(() => runner.logits(engine.tf.tensor4d(images, shape) as Tensor4D));
        expect(dims).toEqual([count, network.classes]);
        expect(relativeDifference(logits, expected.dataSync())).toBeLessThan(1e-5);
        expected.dispose();
      }
      runner.dispose();
    });
  },
);

describe('an ONNX model', () => {
  const [, network] = madeNetworks()[0];

  it('states its input, its output and an open batch', async () => {
    const session = await InferenceSession.create(write(network));
    expect(session.inputMetadata).toEqual([{ name: 'input', isTensor: true, type: 'float32', shape: ['batch', 3, 7, 6] }]);
    expect(session.outputMetadata).toEqual([{ name: 'logits', isTensor: true, type: 'float32', shape: ['batch', 4] }]);
    await session.release();
  });

  it('says who made it, what its classes are called and how images become its input', () => {
    const text = Buffer.from(write(network)).toString('latin1');
    expect(text).toContain('sld-edge');
    expect(text).toContain('["class 0","class 1","class 2","class 3"]');
    expect(text).toContain(
      '{"height":7,"width":6,"channels":3,"fit":"cover","filter":"triangle","mean":[0.5,0.5,0.5],"std":[0.25,0.25,0.25],"layout":"nchw"}',
    );
  });

  it('is the same bytes every time', () => {
    expect(Buffer.from(write(network)).equals(write(network))).toBe(true);
  });

  it('holds labels beyond ASCII', async () => {
    const labels = ['Ärmelkanal', '猫', 'a', 'b'];
    const bytes = writeOnnxModel(freeze(network, randomState(network)), { ...onnxDescription(network), labels });
    expect(Buffer.from(bytes).includes(Buffer.from(JSON.stringify(labels)))).toBe(true);
    const session = await InferenceSession.create(bytes);
    expect(session.inputNames).toEqual(['input']);
    await session.release();
  });

  it('is refused of a network that gives no logits', async () => {
    const g = new GraphBuilder();
    const inputShape = { height: 4, width: 4, channels: 3 };
    const made = g.network('made', { inputShape, classes: 3 }, g.maxPool(g.input(inputShape), { kernel: 2, stride: 2, padding: 0 }));
    expect((await errorOf(() => write(made))).message).toBe('made gives [2,2,3] for an image; an ONNX model of it expects 3 logits');
  });
});
