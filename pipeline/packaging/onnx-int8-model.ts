/**
 * An integer program written as an ONNX model in the QDQ form (opset 17), for runtimes of others: input and output are those of
 * the float32 model (`onnx-model.ts`); between them int8 weights per output channel, int32 biases, and activations of 7 or 8
 * bits in uint8. docs/integer-arithmetic.md, "As ONNX", says in what its answers may differ from the program's.
 */
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import type { OnnxNode } from '../networks/operations/onnx-def.ts';
import { int8Nodes, type Int8Operand } from './onnx-int8-nodes.ts';
import { modelOf, type OnnxDescription } from './onnx-model.ts';
import { encodeModel, type OnnxTensor } from './onnx-protobuf.ts';

/** The same program gives the same bytes. */
export function writeInt8OnnxModel(program: IntegerProgram, description: OnnxDescription): Uint8Array {
  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  const operands = new Map<string, Int8Operand>();
  for (const node of program.nodes) {
    // The graph's own input is called `input`, its output `logits`, whatever the program calls its nodes.
    const name = node.op === 'logits' ? 'logits' : `${node.name}/int8`;
    operands.set(node.name, { name, shape: node.shape, scale: node.scale, zeroPoint: node.zeroPoint });
    const constant = (key: string, data: OnnxTensor['data'], shape: number[]): string => {
      constants.push({ name: `${name}/${key}`, shape, data });
      return `${name}/${key}`;
    };
    nodes.push(...int8Nodes(node, { name, inputs: node.inputs.map((input) => operands.get(input)!), constant }));
  }
  const [
    {
      shape: [height, width, channels],
    },
  ] = program.nodes;
  const [classes] = program.nodes.at(-1)!.shape;
  return encodeModel(
    modelOf(
      { name: program.name, inputShape: { height, width, channels }, classes },
      { nodes, constants },
      description,
      `, 8-bit weights, ${program.activationBits ?? 7}-bit activations`,
    ),
  );
}
