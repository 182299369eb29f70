/** ONNX files that were written here, read again: the inverse of `encodeModel`, to the byte. What it never writes is refused. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { OnnxAttribute, OnnxNode } from '../networks/operations/onnx-def.ts';
import type { OnnxModelProto, OnnxTensor, OnnxValue } from './onnx-protobuf.ts';

/** Values of a message by the number of their field, in order. */
type Fields = Map<number, unknown[]>;

/** @throws Error in one line where the bytes are no model of ours */
export function decodeModel(bytes: Uint8Array): OnnxModelProto {
  try {
    const model = fieldsOf(bytes);
    const graph = fieldsOf(one<Uint8Array>(model, 7));
    return {
      producer: { name: text(model, 2), version: text(model, 3) },
      opset: Number(one(fieldsOf(one<Uint8Array>(model, 8)), 2)),
      description: text(model, 6),
      graph: {
        name: text(graph, 2),
        nodes: messages(graph, 1).map(nodeOf),
        constants: messages(graph, 5).map(tensorOf),
        inputs: messages(graph, 11).map(valueOf),
        outputs: messages(graph, 12).map(valueOf),
      },
      metadata: Object.fromEntries(messages(model, 14).map((entry) => [text(entry, 1), text(entry, 2)])),
    };
  } catch (error) {
    throw new Error(`expected an ONNX file as packages have it: ${(error as Error).message}`, { cause: error });
  }
}

function nodeOf(node: Fields): OnnxNode {
  const [name, ...more] = texts(node, 2);
  if (more.length > 0) throw new Error(`the node ${name} has ${1 + more.length} outputs, not one`);
  const attributes = messages(node, 5).map((attribute): [string, OnnxAttribute] => [text(attribute, 1), attributeOf(attribute)]);
  return { op: text(node, 4), name, inputs: texts(node, 1), attributes: Object.fromEntries(attributes) };
}

function attributeOf(attribute: Fields): OnnxAttribute {
  if (attribute.has(2)) return { float: floatOf(one<Uint8Array>(attribute, 2)) };
  return attribute.has(3) ? { int: Number(one(attribute, 3)) } : { ints: (attribute.get(8) ?? []).map(Number) };
}

function tensorOf(tensor: Fields): OnnxTensor {
  // A copy begins where any type may begin.
  const { buffer } = new Uint8Array(one<Uint8Array>(tensor, 9));
  const type = Number(one(tensor, 2));
  const make = CONSTANTS[type];
  if (!make) throw new Error(`the constant ${text(tensor, 8)} has the type ${type}`);
  return { name: text(tensor, 8), shape: (tensor.get(1) ?? []).map(Number), data: make(buffer) };
}

/** By TensorProto.DataType. */
const CONSTANTS: Record<number, (bytes: ArrayBuffer) => OnnxTensor['data']> = {
  1: (bytes) => new Float32Array(bytes),
  2: (bytes) => new Uint8Array(bytes),
  3: (bytes) => new Int8Array(bytes),
  6: (bytes) => new Int32Array(bytes),
  7: (bytes) => new BigInt64Array(bytes),
};

function valueOf(value: Fields): OnnxValue {
  const tensor = fieldsOf(one<Uint8Array>(fieldsOf(one<Uint8Array>(value, 2)), 1));
  const shape = messages(fieldsOf(one<Uint8Array>(tensor, 2)), 1);
  return {
    name: text(value, 1),
    ...(Number(one(tensor, 1)) === 2 && { type: 'uint8' as const }),
    shape: shape.map((size) => (size.has(1) ? Number(one(size, 1)) : text(size, 2))),
    description: text(value, 3),
  };
}

/** Numbers of variable length as bigint; all else as bytes. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    values.push(valueAt(reader, type));
  }
  return fields;
}

function valueAt(reader: BinaryReader, type: WireType): bigint | Uint8Array {
  if (type === WireType.Varint) return BigInt(reader.int64());
  return type === WireType.LengthDelimited ? reader.bytes() : reader.skip(type);
}

function one<T = unknown>(fields: Fields, field: number): T {
  const values = fields.get(field);
  if (values?.length !== 1) throw new Error(`the field ${field} stands ${values?.length ?? 0} times, not once`);
  return values[0] as T;
}

const decoder = new TextDecoder();
const text = (fields: Fields, field: number): string => decoder.decode(one<Uint8Array>(fields, field));
const texts = (fields: Fields, field: number): string[] => (fields.get(field) ?? []).map((bytes) => decoder.decode(bytes as Uint8Array));
const messages = (fields: Fields, field: number): Fields[] => (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const floatOf = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
