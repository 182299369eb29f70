/** Float32 LiteRT models of one network of each kind; what LiteRT computes of them is `e2e/runtimes.spec.ts`. */
import { describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { kindsOfNetworks } from '../testing/kinds-of-networks.ts';
import { onnxDescription } from '../testing/open-onnx-model.ts';
import { randomState } from '../testing/random-state.ts';
import { readLiteRtModel } from '../testing/read-litert.ts';
import { writeLiteRtModel } from './litert-model.ts';

describe('a float32 LiteRT model', () => {
  const kinds = new Map(kindsOfNetworks());

  it.each([...kinds.keys()].filter((kind) => kind !== 'a transformer'))('of %s has all weights of the frozen network', (kind) => {
    const network = kinds.get(kind)!;
    const frozen = freeze(network, randomState(network));
    const model = readLiteRtModel(writeLiteRtModel(frozen, onnxDescription(network)));
    const { height, width, channels } = network.inputShape;
    expect(model.tensors.get(model.input)).toMatchObject({ name: 'input', type: 0, shape: [1, height, width, channels] });
    expect(model.tensors.get(model.output)).toMatchObject({ name: 'logits', type: 0, shape: [1, network.classes] });
    const sum = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + Math.abs(value), 0);
    const written = [...model.tensors.values()].filter(({ type, data }) => type === 0 && data.length > 0);
    const constants = frozen.nodes.flatMap((node) => Object.values(node.constants as Record<string, { data: Float32Array }>));
    expect(sum(written.flatMap(({ data }) => [...new Float32Array(data.slice().buffer)]))).toBeCloseTo(
      sum(constants.flatMap(({ data }) => [...data])),
      3,
    );
    expect(model.operators.every(({ version }) => version === 1)).toBe(true);
  });

  it('has outputs before windows before channels, as LiteRT has them', () => {
    const network = kinds.get('a residual network')!;
    const frozen = freeze(network, randomState(network));
    const { tensors } = readLiteRtModel(writeLiteRtModel(frozen, onnxDescription(network)));
    const [, conv] = frozen.nodes;
    if (conv.op !== 'conv2d') throw new Error('expected a convolution after the input');
    const { data, shape } = conv.constants.kernel;
    const [height, width, own, outputs] = shape;
    const written = tensors.get(`${conv.name}/weights`)!;
    expect(written.shape).toEqual([outputs, height, width, own]);
    // Output 2, row 1, column 0, channel 1.
    const values = new Float32Array(written.data.slice().buffer);
    expect(values[((2 * height + 1) * width + 0) * own + 1]).toBe(data[((1 * width + 0) * own + 1) * outputs + 2]);
  });

  it('refuses a transformer in one line that names the operation', () => {
    const network = kinds.get('a transformer')!;
    expect(() => writeLiteRtModel(freeze(network, randomState(network)), onnxDescription(network))).toThrow(
      /^transformer has no LiteRT form: its operation \w+ \(".+"\) has none here$/,
    );
  });
});
