/** Compares what training sees with what the integer program computes, node by node, and tests how gradients pass. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createIntegerRunner, kernelOf, sizeOfShape } from '@sld-edge/runtime/integer';
import type { Engine } from '../../engines/engine.ts';
import { layerOutputs } from '../../networks/train-forward.ts';
import type { Network } from '../../networks/graph.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { kindsOfNetworks } from '../../testing/kinds-of-networks.ts';
import { uniform } from '../../testing/numbers.ts';
import { relativeDifference } from '../../support/difference.ts';
import { randomState } from '../../testing/random-state.ts';
import { uploadState } from '../../training/device-state.ts';
import { lowerToIntegers } from '../integer/lower.ts';
import { activationScales, networkInputs } from '../integer/quantize-network.ts';
import { fakeQuantized, quantizableForm, quantizedState } from './fake-quantized.ts';

const SCALE = { factor: [0.015, 0.016, 0.017], offset: [-1.9, -2, -1.8] };
const IMAGES = 4;

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const networks = kindsOfNetworks().filter(([kind]) => kind !== 'a transformer');

async function prepared(network: Network) {
  const state = randomState(network);
  const frozen = quantizableForm(network, state);
  const pixels = Uint8Array.from(uniform(IMAGES * 8 * 8 * 3, 5, 0, 256));
  const images = networkInputs(pixels, frozen, SCALE);
  const scales = await activationScales(engine.tf, frozen, images, SCALE);
  return { state, frozen, pixels, images, scales, start: fakeQuantized(frozen, 8, scales) };
}

describe.each(networks)('%s', (_kind, network) => {
  it('computes in training what its integer program does: levels that differ are few, and neighbours', async () => {
    const { tf } = engine;
    const { frozen, pixels, images, scales, start } = await prepared(network);
    const program = lowerToIntegers(frozen, scales, SCALE);
    const device = uploadState(tf, start.network, start.state);
    const values = tf.tidy(() =>
      layerOutputs(engine, start.network, device.parameters, tf.tensor4d(images.inputs(0, IMAGES), [IMAGES, 8, 8, 3]), () => {}).map(
        (value) => value.dataSync().slice(),
      ),
    );
    device.dispose();
    const byName = new Map(program.nodes.map((node) => [node.name, node]));
    /** Values of a node in training, as levels of the program. */
    const levelsOf = (name: string, image: number): Uint8Array => {
      const { scale, zeroPoint, shape } = byName.get(name)!;
      const size = sizeOfShape(shape);
      return Uint8Array.from(
        values[start.values.get(name)!].subarray(image * size, (image + 1) * size),
        (value) => Math.round(value / scale) + zeroPoint,
      );
    };
    let compared = 0;
    let different = 0;
    const furtherApart: string[] = [];
    const logits: number[] = [];
    const runner = createIntegerRunner(program);
    for (let image = 0; image < IMAGES; image++) {
      const own = pixels.subarray(image * 192, (image + 1) * 192);
      logits.push(...runner.integerLogits(own));
      for (const node of program.nodes) {
        if (node.op === 'logits') continue;
        // Each node by itself, on what training gave it: one level that differs would make others differ after it.
        const inputs = node.op === 'input' ? [own] : node.inputs.map((name) => levelsOf(name, image));
        const output = new Uint8Array(sizeOfShape(node.shape));
        kernelOf(
          node,
          node.inputs.map((name) => byName.get(name)!.shape),
        )(inputs, output);
        const expected = levelsOf(node.name, image);
        output.forEach((level, i) => {
          compared++;
          if (level !== expected[i]) different++;
          if (Math.abs(level - expected[i]) > 1) furtherApart.push(`${node.name}, ${i}: ${level}, in training ${expected[i]}`);
        });
      }
    }
    expect(compared).toBeGreaterThan(5000);
    expect(furtherApart).toEqual([]);
    expect(different / compared).toBeLessThan(0.002);
    const { scale } = program.nodes.at(-1)!;
    expect(
      relativeDifference(
        logits.map((logit) => logit * scale),
        values[start.values.get(frozen.output)!],
      ),
    ).toBeLessThan(0.05);
  });

  it('has a gradient of every parameter, and its state is one of the network that it began with', async () => {
    const { tf } = engine;
    const { images, start } = await prepared(network);
    const device = uploadState(tf, start.network, start.state);
    const without = tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const values = layerOutputs(
          engine,
          start.network,
          device.parameters,
          tf.tensor4d(images.inputs(0, IMAGES), [IMAGES, 8, 8, 3]),
          () => {},
        );
        return tf.sum(tf.mul(tf.square(values[start.network.output]), tf.range(1, 4))).asScalar();
      }, [...device.parameters.values()]);
      return [...device.parameters]
        .filter(([, variable]) => grads[variable.name].dataSync().every((value) => value === 0))
        .map(([name]) => name);
    });
    device.dispose();
    expect(without).toEqual([]);
    // Its weights are on their levels: rounding them again gives the same program.
    const scales = (await prepared(network)).scales;
    const after = quantizableForm(network, quantizedState(network, start));
    const program = lowerToIntegers(after, scales, SCALE);
    const before = lowerToIntegers((await prepared(network)).frozen, scales, SCALE);
    program.nodes.forEach((node, i) => 'weights' in node && expect(node.weights).toEqual((before.nodes[i] as typeof node).weights));
  });
});
