/**
 * The messages of ONNX's onnx.proto (IR version 8) that our models hold, in protobuf's binary form. Fields are written
 * in the order of their numbers, so that the same model is the same bytes.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { OnnxAttribute, OnnxNode } from '../networks/operations/onnx-def.ts';

/** TensorProto.DataType. */
const DATA_TYPE = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 };
const IR_VERSION = 8;

export interface OnnxTensor {
  name: string;
  shape: number[];
  data: Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;
}

/** An input or output of the graph; a dimension is a size or, where it is open, a name. */
export interface OnnxValue {
  name: string;
  /** Default float32. */
  type?: 'float32' | 'uint8';
  shape: (number | string)[];
  description: string;
}

export interface OnnxModelProto {
  producer: { name: string; version: string };
  opset: number;
  description: string;
  graph: { name: string; nodes: OnnxNode[]; constants: OnnxTensor[]; inputs: OnnxValue[]; outputs: OnnxValue[] };
  metadata: Record<string, string>;
}

/** @throws Error if the model would be larger than protobuf's 2 GiB */
export function encodeModel({ producer, opset, description, graph, metadata }: OnnxModelProto): Uint8Array {
  const weightBytes = graph.constants.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (weightBytes >= 2 ** 31) throw new Error(`${graph.name} has ${weightBytes} bytes of weights; an ONNX file holds less than ${2 ** 31}`);
  const w = new BinaryWriter();
  int64(w, 1, IR_VERSION);
  text(w, 2, producer.name);
  text(w, 3, producer.version);
  text(w, 6, description);
  message(w, 7, () => {
    for (const node of graph.nodes) message(w, 1, () => encodeNode(w, node));
    text(w, 2, graph.name);
    for (const tensor of graph.constants) message(w, 5, () => encodeTensor(w, tensor));
    for (const value of graph.inputs) message(w, 11, () => encodeValue(w, value));
    for (const value of graph.outputs) message(w, 12, () => encodeValue(w, value));
  });
  // The default domain is the empty name.
  message(w, 8, () => int64(w, 2, opset));
  for (const [key, value] of Object.entries(metadata)) {
    message(w, 14, () => {
      text(w, 1, key);
      text(w, 2, value);
    });
  }
  return w.finish();
}

function encodeNode(w: BinaryWriter, { op, name, inputs, attributes }: OnnxNode): void {
  for (const input of inputs) text(w, 1, input);
  text(w, 2, name);
  text(w, 3, name);
  text(w, 4, op);
  for (const [key, attribute] of Object.entries(attributes)) message(w, 5, () => encodeAttribute(w, key, attribute));
}

function encodeAttribute(w: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(w, 1, name);
  if ('float' in attribute) w.tag(2, WireType.Bit32).float(attribute.float);
  else if ('int' in attribute) int64(w, 3, attribute.int);
  else for (const value of attribute.ints) int64(w, 8, value);
  const type = 'float' in attribute ? ATTRIBUTE_TYPE.float : 'int' in attribute ? ATTRIBUTE_TYPE.int : ATTRIBUTE_TYPE.ints;
  w.tag(20, WireType.Varint).int32(type);
}

function encodeTensor(w: BinaryWriter, { name, shape, data }: OnnxTensor): void {
  for (const size of shape) int64(w, 1, size);
  w.tag(2, WireType.Varint).int32(dataTypeOf(data));
  text(w, 8, name);
  // raw_data is little-endian, as processors are, and as the shards of the graph models are taken to be.
  w.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function dataTypeOf(data: OnnxTensor['data']): number {
  if (data instanceof Float32Array) return DATA_TYPE.float32;
  if (data instanceof BigInt64Array) return DATA_TYPE.int64;
  if (data instanceof Int32Array) return DATA_TYPE.int32;
  return data instanceof Int8Array ? DATA_TYPE.int8 : DATA_TYPE.uint8;
}

function encodeValue(w: BinaryWriter, { name, type = 'float32', shape, description }: OnnxValue): void {
  text(w, 1, name);
  message(w, 2, () =>
    message(w, 1, () => {
      w.tag(1, WireType.Varint).int32(DATA_TYPE[type]);
      message(w, 2, () => {
        for (const size of shape) message(w, 1, () => (typeof size === 'number' ? int64(w, 1, size) : text(w, 2, size)));
      });
    }),
  );
  text(w, 3, description);
}

const text = (w: BinaryWriter, field: number, value: string): void => void w.tag(field, WireType.LengthDelimited).string(value);
const int64 = (w: BinaryWriter, field: number, value: number): void => void w.tag(field, WireType.Varint).int64(value);

function message(w: BinaryWriter, field: number, write: () => void): void {
  w.tag(field, WireType.LengthDelimited).fork();
  write();
  w.join();
}
