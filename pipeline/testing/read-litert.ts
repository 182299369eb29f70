/** A LiteRT model read back, by the places of its fields in the schema. */
import { ByteBuffer } from 'flatbuffers';

export interface ReadTensor {
  name: string;
  /** TensorType. */
  type: number;
  shape: number[];
  scale: number[];
  zeroPoint: number[];
  axis: number;
  /** Bytes of a constant; empty for what is computed. */
  data: Uint8Array;
}

export interface ReadOperator {
  /** BuiltinOperator. */
  code: number;
  version: number;
  inputs: string[];
  output: string;
  /** Fields of the options that are numbers, by their places; 0 where a field has its default. */
  option(place: number, size?: 1 | 4): number;
}

export interface ReadLiteRtModel {
  tensors: Map<string, ReadTensor>;
  operators: ReadOperator[];
  input: string;
  output: string;
  metadata: Record<string, string>;
}

/** A table: where each of its fields lies, 0 for a field that is left out. */
class Table {
  private readonly bytes: ByteBuffer;
  private readonly at: number;

  constructor(bytes: ByteBuffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  private field(place: number): number {
    const offset = this.bytes.__offset(this.at, 4 + 2 * place);
    return offset && this.at + offset;
  }

  number(place: number, size: 1 | 4 = 4): number {
    const at = this.field(place);
    return at && (size === 1 ? this.bytes.readInt8(at) : this.bytes.readInt32(at));
  }

  text(place: number): string {
    return this.bytes.__string(this.field(place)) as string;
  }

  table(place: number): Table | undefined {
    const at = this.field(place);
    return at ? new Table(this.bytes, this.bytes.__indirect(at)) : undefined;
  }

  vector<T>(place: number, size: number, read: (at: number) => T): T[] {
    const at = this.field(place);
    if (!at) return [];
    const start = this.bytes.__vector(at);
    return Array.from({ length: this.bytes.__vector_len(at) }, (_, i) => read(start + i * size));
  }

  tables = (place: number): Table[] => this.vector(place, 4, (at) => new Table(this.bytes, this.bytes.__indirect(at)));
  int32s = (place: number): number[] => this.vector(place, 4, (at) => this.bytes.readInt32(at));
}

/** @throws Error for bytes without the schema's identifier */
export function readLiteRtModel(model: Uint8Array): ReadLiteRtModel {
  const bytes = new ByteBuffer(model);
  if (!bytes.__has_identifier('TFL3')) throw new Error('no LiteRT model');
  const root = new Table(bytes, bytes.readInt32(0));
  const buffers = root.tables(4).map((buffer) => Uint8Array.from(buffer.vector(0, 1, (at) => bytes.readUint8(at))));
  const [graph] = root.tables(2);
  const tensors = graph.tables(0).map((tensor): ReadTensor => {
    const quantization = tensor.table(4);
    return {
      name: tensor.text(3),
      type: tensor.number(1, 1),
      shape: tensor.int32s(0),
      scale: quantization?.vector(2, 4, (at) => bytes.readFloat32(at)) ?? [],
      zeroPoint: quantization?.vector(3, 8, (at) => Number(bytes.readInt64(at))) ?? [],
      axis: quantization?.number(6) ?? 0,
      data: buffers[tensor.number(2)],
    };
  });
  const codes = root.tables(1);
  const operators = graph.tables(3).map((operator): ReadOperator => {
    const code = codes[operator.number(0)];
    return {
      code: code.number(3),
      version: code.number(2),
      inputs: operator.int32s(1).map((i) => tensors[i].name),
      output: tensors[operator.int32s(2)[0]].name,
      option: (place, size = 4) => operator.table(4)?.number(place, size) ?? 0,
    };
  });
  return {
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    operators,
    input: tensors[graph.int32s(1)[0]].name,
    output: tensors[graph.int32s(2)[0]].name,
    metadata: Object.fromEntries(root.tables(6).map((entry) => [entry.text(0), new TextDecoder().decode(buffers[entry.number(1)])])),
  };
}
