/** The nodes of an integer program in ONNX, each given what the reference interpreter gives its inputs, so that no difference of one shows in another. */
import { createIntegerRunner, sizeOfShape, type IntegerNode, type IntegerProgram, type IntegerShape } from '@sld-edge/runtime/integer';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { OPSET } from '../networks/operations/onnx-def.ts';
import { int8Nodes } from '../packaging/onnx-int8-nodes.ts';
import { encodeModel, type OnnxTensor, type OnnxValue } from '../packaging/onnx-protobuf.ts';
import { nchw } from './open-onnx-model.ts';

export interface NodeDifference {
  node: IntegerNode;
  /** Largest difference of an activation, in its steps; of the logits in steps of the program's logits. */
  steps: number;
  /** Fraction of its values that differ at all. */
  fraction: number;
}

/** @param pixels of one image @param input the same, normalised @returns one entry for each node */
export async function differencesApart(program: IntegerProgram, pixels: Uint8Array, input: Float32Array): Promise<NodeDifference[]> {
  const runner = createIntegerRunner(program);
  const logits = runner.integerLogits(pixels);
  const { nodes } = program;
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const inputs = nodes.filter(({ name }) => nodes.some((other) => other.inputs.includes(name)));
  const [height, width, channels] = nodes[0].shape;

  const session = await InferenceSession.create(
    modelOfNodes(
      nodes.map((node) => [node, node.inputs.map((from) => byName.get(from)!)]),
      [
        { name: 'input', shape: [1, channels, height, width], description: '' },
        ...inputs.map(({ name, shape }) => uint8Value(given(name), shape)),
      ],
    ),
    { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 },
  );
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => [
      given(name),
      new Tensor('uint8', channelsFirst(runner.activations.get(name)!, shape), sizesOf(shape)),
    ]),
  );
  const values = await session.run({
    ...feeds,
    input: new Tensor('float32', nchw(input, height * width, channels), [1, channels, height, width]),
  });
  await session.release();

  return nodes.map((node): NodeDifference => {
    const isLogits = node.op === 'logits';
    const expected = isLogits ? logits : channelsFirst(runner.activations.get(node.name)!, node.shape);
    const got = values[nameOf(node)].data as Float32Array | Uint8Array;
    const differences = Float64Array.from(expected, (value, i) => Math.abs((isLogits ? got[i] / node.scale : got[i]) - value));
    return {
      node,
      steps: differences.reduce((most, value) => Math.max(most, value), 0),
      fraction: differences.filter((value) => value > 0).length / sizeOfShape(node.shape),
    };
  });
}

const given = (name: string): string => `${name}/given`;
const nameOf = ({ op, name }: IntegerNode): string => (op === 'logits' ? 'logits' : `${name}/int8`);
const sizesOf = (shape: IntegerShape): number[] => (shape.length === 3 ? [1, shape[2], shape[0], shape[1]] : [1, ...shape]);
const uint8Value = (name: string, shape: IntegerShape): OnnxValue => ({ name, type: 'uint8', shape: sizesOf(shape), description: '' });
const channelsFirst = (values: Uint8Array, shape: IntegerShape): Uint8Array =>
  shape.length === 3 ? Uint8Array.from(nchw(Float32Array.from(values), shape[0] * shape[1], shape[2])) : values;

function modelOfNodes(nodes: [node: IntegerNode, inputs: IntegerNode[]][], inputs: OnnxValue[]): Uint8Array {
  const constants: OnnxTensor[] = [];
  const lowered = nodes.flatMap(([node, from]) => {
    const name = nameOf(node);
    const constant = (key: string, data: OnnxTensor['data'], shape: number[]): string => {
      constants.push({ name: `${name}/${key}`, data, shape });
      return `${name}/${key}`;
    };
    return int8Nodes(node, { name, inputs: from.map((input) => ({ ...input, name: given(input.name) })), constant });
  });
  const outputs = nodes.map(([node]): OnnxValue =>
    node.op === 'logits' ? { name: 'logits', shape: [1, ...node.shape], description: '' } : uint8Value(nameOf(node), node.shape),
  );
  return encodeModel({
    producer: { name: 'test', version: '0' },
    opset: OPSET,
    description: '',
    graph: { name: 'apart', nodes: lowered, constants, inputs, outputs },
    metadata: {},
  });
}
