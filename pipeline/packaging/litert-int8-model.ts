/**
 * An integer program written as a LiteRT model (`.tflite`) of full int8 quantization, for runtimes of others. Input `input`
 * `[1, H, W, C]` and output `logits` `[1, classes]` are float32, as of our other exports; all between is int8.
 */
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import { encodeLiteRtModel } from './litert-flatbuffer.ts';
import { LiteRtGraph } from './litert-graph.ts';
import { int8Quantization, int8Range, lowerToLiteRt, type LiteRtOperand } from './litert-int8-nodes.ts';
import { liteRtModelOf } from './litert-model.ts';
import type { OnnxDescription } from './onnx-model.ts';

export interface LiteRtInt8Options {
  /** Least and largest logit to tell apart, as real numbers: int8 cuts off beyond them. */
  logits: { min: number; max: number };
}

/** The same program gives the same bytes. */
export function writeInt8LiteRtModel(program: IntegerProgram, description: OnnxDescription, { logits }: LiteRtInt8Options): Uint8Array {
  const graph = new LiteRtGraph();
  const largest = program.activationBits === 8 ? 255 : 127;
  const operands = new Map<string, LiteRtOperand>();
  const { shape } = program.nodes[0];
  graph.value({ name: 'input', shape });
  for (const node of program.nodes) {
    const isOutput = node.op === 'logits';
    const quantization = isOutput ? int8Range(logits.min, logits.max) : int8Quantization(node, largest);
    const output = { name: `${node.name}/int8`, shape: node.shape, quantization };
    const inputs = node.inputs.map((input) => operands.get(input)!);
    lowerToLiteRt(node, { graph, inputs, output, largest });
    operands.set(node.name, { ...output, scale: node.scale, zeroPoint: node.zeroPoint });
    if (isOutput) graph.apply('DEQUANTIZE', [output.name], { name: 'logits', shape: node.shape });
  }
  return encodeLiteRtModel(liteRtModelOf(program.name, 'int8', graph, description, ', 8-bit weights and activations'));
}
