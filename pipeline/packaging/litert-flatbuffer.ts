/**
 * The tables of LiteRT's schema (TensorFlow's `schema.fbs`, version 3, identifier TFL3) that our models hold, as a flatbuffer.
 * A field is its place in its table. The same model is the same bytes.
 */
import { Builder } from 'flatbuffers';
import { operatorDefinition, type LiteRtFieldType, type LiteRtOperatorName } from './litert-operators.ts';

/** TensorType. */
const TENSOR_TYPE = { float32: 0, int32: 2, int8: 9 };
const SCHEMA_VERSION = 3;
/** Alignment of a buffer's bytes. */
const BUFFER_ALIGNMENT = 16;

/** Each value q stands for scale · (q - zeroPoint); several scales are those of the entries along `axis`. */
export interface LiteRtQuantization {
  scale: readonly number[];
  zeroPoint: readonly number[];
  axis?: number;
}

export interface LiteRtTensor {
  /** Unique in the model. */
  name: string;
  type: keyof typeof TENSOR_TYPE;
  shape: readonly number[];
  quantization?: LiteRtQuantization;
  /** Values of a constant. */
  data?: Float32Array | Int32Array | Int8Array;
}

export interface LiteRtOperator {
  op: LiteRtOperatorName;
  /** Names of tensors. */
  inputs: string[];
  output: string;
  options: Record<string, number | boolean | readonly number[]>;
}

export interface LiteRtModel {
  name: string;
  description: string;
  /** Numbers that its operators compute with, which decide their versions. */
  numbers: 'float32' | 'int8';
  tensors: LiteRtTensor[];
  operators: LiteRtOperator[];
  input: string;
  output: string;
  /** Texts by name, beside the graph. */
  metadata: Record<string, string>;
}

type Field = [place: number, type: 'int8' | 'int32' | 'offset', value: number];

/** @throws Error if the model would be larger than a flatbuffer's 2 GiB */
export function encodeLiteRtModel(model: LiteRtModel): Uint8Array {
  const constants = model.tensors.filter(({ data }) => data);
  const bytes = constants.reduce((sum, { data }) => sum + data!.byteLength, 0);
  if (bytes >= 2 ** 31) throw new Error(`${model.name} has ${bytes} bytes of constants; a LiteRT file holds less than ${2 ** 31}`);
  const b = new Builder(bytes + 65_536);
  const text = new TextEncoder();
  const metadata = Object.entries(model.metadata);
  // Buffer 0 is empty by convention: that of tensors that are no constants.
  const buffers = vectorOf(b, [
    table(b, 1, []),
    ...constants.map(({ data }) => bufferOf(b, new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength))),
    ...metadata.map(([, value]) => bufferOf(b, text.encode(value))),
  ]);
  const indexOf = new Map(model.tensors.map(({ name }, i) => [name, i]));
  const codes = [...new Set(model.operators.map(({ op }) => op))];
  const tensors = vectorOf(
    b,
    model.tensors.map((tensor) => encodeTensor(b, tensor, constants.indexOf(tensor) + 1)),
  );
  const operators = vectorOf(
    b,
    model.operators.map((operator) => encodeOperator(b, operator, codes.indexOf(operator.op), (name) => indexOf.get(name)!)),
  );
  const subgraph = tableOf(b, 5, [
    [0, tensors],
    [1, int32s(b, [indexOf.get(model.input)!])],
    [2, int32s(b, [indexOf.get(model.output)!])],
    [3, operators],
    [4, b.createString(model.name)],
  ]);
  const root = tableOf(
    b,
    8,
    [
      [
        1,
        vectorOf(
          b,
          codes.map((op) => encodeCode(b, op, model.numbers)),
        ),
      ],
      [2, vectorOf(b, [subgraph])],
      [3, b.createString(model.description)],
      [4, buffers],
      [
        6,
        vectorOf(
          b,
          metadata.map(([name], i) => named(b, name, constants.length + 1 + i)),
        ),
      ],
      [7, vectorOf(b, [encodeSignature(b, model, (name) => indexOf.get(name)!)])],
    ],
    [[0, 'int32', SCHEMA_VERSION]],
  );
  b.finish(root, 'TFL3');
  return b.asUint8Array().slice();
}

function encodeTensor(b: Builder, { name, type, shape, quantization }: LiteRtTensor, buffer: number): number {
  const fields: [number, number][] = [
    [0, int32s(b, shape)],
    [3, b.createString(name)],
  ];
  if (quantization) fields.push([4, encodeQuantization(b, quantization)]);
  // A scalar has no dimensions either: only this tells it from an unknown shape.
  return tableOf(b, 10, fields, [
    [1, 'int8', TENSOR_TYPE[type]],
    [2, 'int32', buffer],
    [8, 'int8', 1],
  ]);
}

function encodeQuantization(b: Builder, { scale, zeroPoint, axis = 0 }: LiteRtQuantization): number {
  b.startVector(4, scale.length, 4);
  for (const value of [...scale].reverse()) b.addFloat32(value);
  const scales = b.endVector();
  b.startVector(8, zeroPoint.length, 8);
  for (const value of [...zeroPoint].reverse()) b.addInt64(BigInt(value));
  const zeroPoints = b.endVector();
  return tableOf(
    b,
    7,
    [
      [2, scales],
      [3, zeroPoints],
    ],
    [[6, 'int32', axis]],
  );
}

function encodeOperator(
  b: Builder,
  { op, inputs, output, options }: LiteRtOperator,
  code: number,
  indexOf: (name: string) => number,
): number {
  const definition = operatorDefinition(op).options;
  const fields: [number, number][] = [
    [1, int32s(b, inputs.map(indexOf))],
    [2, int32s(b, [indexOf(output)])],
  ];
  if (definition) fields.push([4, encodeOptions(b, definition.fields, options)]);
  return tableOf(b, 5, fields, [
    [0, 'int32', code],
    [3, 'int8', definition?.type ?? 0],
  ]);
}

function encodeOptions(b: Builder, fields: Record<string, LiteRtFieldType>, options: LiteRtOperator['options']): number {
  const types = Object.entries(fields);
  const made = types.map(([name, type], place): Field => {
    const value = options[name];
    if (type === 'int32s') return [place, 'offset', int32s(b, value as readonly number[])];
    return [place, type === 'int32' ? 'int32' : 'int8', Number(value ?? 0)];
  });
  return table(b, types.length, made);
}

/** OperatorCode: the number stands twice, for old readers in a byte. */
function encodeCode(b: Builder, op: LiteRtOperatorName, numbers: LiteRtModel['numbers']): number {
  const { code, version } = operatorDefinition(op);
  return table(b, 4, [
    [0, 'int8', code],
    [2, 'int32', version[numbers]],
    [3, 'int32', code],
  ]);
}

/** SignatureDef: by it runtimes know input and output by name. */
function encodeSignature(b: Builder, { input, output }: LiteRtModel, indexOf: (name: string) => number): number {
  return tableOf(b, 5, [
    [0, vectorOf(b, [named(b, input, indexOf(input))])],
    [1, vectorOf(b, [named(b, output, indexOf(output))])],
    [2, b.createString('serving_default')],
  ]);
}

/** A TensorMap or Metadata: a name for the number of a tensor or a buffer. */
const named = (b: Builder, name: string, index: number): number => tableOf(b, 2, [[0, b.createString(name)]], [[1, 'int32', index]]);

function bufferOf(b: Builder, bytes: Uint8Array): number {
  b.prep(BUFFER_ALIGNMENT, bytes.length);
  return tableOf(b, 1, [[0, b.createByteVector(bytes)]]);
}

/** A table of things that are written already, and of numbers. */
const tableOf = (b: Builder, size: number, offsets: [place: number, offset: number][], numbers: Field[] = []): number =>
  table(b, size, [...offsets.map(([place, offset]): Field => [place, 'offset', offset]), ...numbers]);

/** @param size the number of the table's fields */
function table(b: Builder, size: number, fields: Field[]): number {
  b.startObject(size);
  for (const [place, type, value] of fields) {
    if (type === 'offset') b.addFieldOffset(place, value, 0);
    else if (type === 'int8') b.addFieldInt8(place, value, 0);
    else b.addFieldInt32(place, value, 0);
  }
  return b.endObject();
}

function vectorOf(b: Builder, offsets: number[]): number {
  b.startVector(4, offsets.length, 4);
  for (const offset of [...offsets].reverse()) b.addOffset(offset);
  return b.endVector();
}

function int32s(b: Builder, values: readonly number[]): number {
  b.startVector(4, values.length, 4);
  for (const value of [...values].reverse()) b.addInt32(value);
  return b.endVector();
}
