/** Files that an ONNX model keeps its weights in: their locations are fields of its tensors, under whatever names. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Messages of onnx.proto on the way to tensors: the message in each field. */
const MESSAGES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  ModelProto: { 7: 'GraphProto', 20: 'TrainingInfoProto', 25: 'FunctionProto' },
  TrainingInfoProto: { 1: 'GraphProto', 2: 'GraphProto' },
  GraphProto: { 1: 'NodeProto', 5: 'TensorProto', 15: 'SparseTensorProto' },
  FunctionProto: { 7: 'NodeProto' },
  NodeProto: { 5: 'AttributeProto' },
  AttributeProto: {
    5: 'TensorProto',
    6: 'GraphProto',
    10: 'TensorProto',
    11: 'GraphProto',
    22: 'SparseTensorProto',
    23: 'SparseTensorProto',
  },
  SparseTensorProto: { 1: 'TensorProto', 2: 'TensorProto' },
  TensorProto: { 13: 'StringStringEntryProto' },
};

/**
 * Absolute or relative as `model` is, each once, in the order in which the model names them.
 * @throws Error in one line: no protobuf, a location outside the model's folder, or a file that is not there
 */
export function externalWeightFiles(model: string): string[] {
  const locations = new Set<string>();
  try {
    collect(readFileSync(model), 'ModelProto', locations);
  } catch (error) {
    throw new Error(`${model} is not an ONNX model: ${(error as Error).message}`, { cause: error });
  }
  return [...locations].map((location) => {
    const inside = normalize(location);
    if (isAbsolute(location) || /^[A-Za-z]:|\\/.test(location) || inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new Error(
        `${model} has weights at "${location}"; expected a file in the model's folder: export it again with its weights beside it`,
      );
    }
    const path = join(dirname(model), inside);
    if (!existsSync(path) || !statSync(path).isFile())
      throw new Error(
        `${model} has weights in ${location}, which is not beside it: copy both files into one folder, under their own names`,
      );
    return path;
  });
}

function collect(bytes: Uint8Array, message: string, locations: Set<string>): void {
  const reader = new BinaryReader(bytes);
  let key = '';
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (message === 'StringStringEntryProto' && wireType === WireType.LengthDelimited) {
      const text = reader.string();
      if (field === 1) key = text;
      else if (field === 2 && key === 'location') locations.add(text);
      continue;
    }
    const inner = MESSAGES[message]?.[field];
    if (inner && wireType === WireType.LengthDelimited) collect(reader.bytes(), inner, locations);
    else reader.skip(wireType, field);
  }
}
