import { createIntegerRunner } from '@sld-edge/runtime/integer';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { graphOutputs } from '../evaluation/graph-logits.ts';
import { layerNames, measureGoldens, type GoldenMeasurements } from './measure-goldens.ts';
import { joinShards, type MeasuredVariants } from './measured-variant.ts';
import { measureOnTest, writeCandidates } from './measure-variants.ts';
import { writeOnnxModel } from './onnx-model.ts';
import { selectGoldens } from './select-goldens.ts';

describe('layerNames', () => {
  const node = (name: string, op: string, ...input: string[]) => ({ name, op, input });
  const names = (...nodes: ReturnType<typeof node>[]) =>
    layerNames({ modelTopology: { node: [node('input', 'Placeholder'), node('w', 'Const'), ...nodes] } });

  it('takes the nodes through which everything passes, not those beside a branch', () => {
    expect(
      names(
        node('stem', '_FusedConv2D', 'input', 'w'),
        node('a', 'Conv2D', 'stem', 'w'),
        node('b', 'Conv2D', 'a', 'w'),
        node('sum', 'AddV2', 'b', 'stem'),
        node('pool', 'Mean', 'sum', 'w'),
        node('logits', '_FusedMatMul', 'pool', 'w'),
      ),
    ).toEqual(['stem', 'sum', 'pool']);
  });

  it('takes no node beside which the image itself is still needed', () => {
    expect(
      names(
        node('a', 'Conv2D', 'input', 'w'),
        node('b', 'Conv2D', 'input', 'w'),
        node('sum', 'AddV2', 'a', 'b'),
        node('logits', 'MatMul', 'sum', 'w'),
      ),
    ).toEqual(['sum']);
  });

  it('takes six of many, the first and the last among them', () => {
    const chain = Array.from({ length: 30 }, (_, i) => node(`n${i}`, 'Relu', i === 0 ? 'input' : `n${i - 1}`));
    expect(names(...chain, node('logits', 'MatMul', 'n29', 'w'))).toEqual(['n0', 'n6', 'n12', 'n17', 'n23', 'n29']);
  });
});

const PACKAGED = ['float32', 'uint8', 'integer'] as const;

describe('measureGoldens', () => {
  const { data, network, state } = tinyStudent();
  let variants: MeasuredVariants;
  let found: GoldenMeasurements;
  beforeAll(async () => {
    const frozen = freeze(network, state);
    variants = await measureOnTest(await writeCandidates(frozen, data, PACKAGED), data);
    found = await measureGoldens(variants, PACKAGED, writeOnnxModel(frozen, data), data);
  });

  it('records layers from the first to the last before the logits, for one image of each kind', () => {
    const names = layerNames(variants.uint8.graph.modelJson);
    // Blocks by their sums, which carry what either branch got wrong, and at last the features.
    expect(names).toEqual(['conv1', 'add_9', 'add_18', 'add_27', 'globalAveragePool_29']);
    expect(found.layers.images.map((i) => found.chosen[i].kind)).toEqual(['natural', 'saturated', 'dark', 'boundary']);
    for (const layers of Object.values(found.layers.variants)) expect(layers.map(({ name }) => name)).toEqual(names);
  });

  it('records the values that the graph computes', async () => {
    const { graph } = variants.uint8;
    const names = layerNames(graph.modelJson);
    const { layers } = await graphOutputs({
      modelJson: graph.modelJson,
      weights: joinShards(graph),
      preprocessing: data.preprocessing,
      images: data.validation.images.handle,
      layers: names,
    });
    found.layers.variants.uint8!.forEach(({ length, at, values }, layer) => {
      expect(layers[layer]).toHaveLength(length * data.validation.count);
      expect(at[0]).toBe(0);
      expect(at.at(-1)).toBe(length - 1);
      values.forEach((row, i) => {
        const start = found.chosen[found.layers.images[i]].index * length;
        expect(row).toEqual(at.map((index) => layers[layer][start + index]));
      });
    });
  });

  it('records the integers and the digest of every node of the integer variant', async () => {
    const { program } = variants.integer!;
    found.chosen.forEach(({ index }, i) =>
      expect([...createIntegerRunner(program).integerLogits(data.validation.images.image(index))]).toEqual([
        ...found.integers!.subarray(3 * i, 3 * i + 3),
      ]),
    );
    expect(Object.keys(found.layers.integer!.activations)).toEqual(program.nodes.slice(0, -1).map(({ name }) => name));
  });

  it('chooses by the logits of the variant that answers where none is asked for, and records layers of no other than the package’s', async () => {
    expect(found.chosen).toEqual(selectGoldens(data.validation, variants.integer!.validationLogits, 3));
    const without = await measureGoldens(variants, ['uint8'], writeOnnxModel(freeze(network, state), data), data);
    expect(without.chosen).toEqual(selectGoldens(data.validation, variants.uint8.validationLogits, 3));
    expect(Object.keys(without.layers.variants)).toEqual(['uint8']);
  });

  it('measures how far other ways to compute the same lie off', () => {
    const { spread, images } = found.measured;
    expect(images).toBe(12);
    const largest = variants.float32.validationLogits.reduce((max, logit) => Math.max(max, Math.abs(logit)), 0);
    for (const value of Object.values(spread)) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value / largest).toBeLessThan(1e-5);
    }
    // Two programs that sum in another order.
    expect(spread.onnx).toBeGreaterThan(0);
  });

  it('measures a network that answers otherwise as far off', async () => {
    const shifted = { ...variants.float32, validationLogits: variants.float32.validationLogits.map((logit) => logit + 0.5) };
    const { measured } = await measureGoldens(
      { ...variants, float32: shifted },
      PACKAGED,
      writeOnnxModel(freeze(network, state), data),
      data,
    );
    expect(measured.spread.onnx).toBeCloseTo(0.5, 3);
    expect(measured.spread.wasm).toBeCloseTo(0.5, 3);
  });
});
