import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { writeSafetensors } from './safetensors.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readCheckpointFile } from './index.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const refusal = async (path: string): Promise<string> => (await errorOf(() => readCheckpointFile(path))).message;

/** A file whose content is `bytes`. */
function fileOf(bytes: Uint8Array, name = 'x.pth'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** The i-th of the numbers that the fixtures are cut from. */
const base = (i: number): number => i / 8 - 1;

/** An uncompressed zip archive of one `<name>/data.pkl` and storages, by hand from PKWARE's APPNOTE. */
function zip(entries: [name: string, content: Uint8Array, changes?: { method?: number; size?: number }][]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content, { method = 0, size = content.length } = {}] of entries) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(content.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(content.length, 20);
    central.writeUInt32LE(size, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(at, 42);
    parts.push(local, Buffer.from(name), Buffer.from(content));
    directory.push(central, Buffer.from(name));
    at += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** `{'w': _rebuild_tensor_v2(storage '0' of 4 floats, offset, shape, strides, …)}` */
const tensorPickle = (offset: number, shape: number[], strides: number[], storage = 'FloatStorage'): Uint8Array => {
  const tuple = (values: number[]): string => `(${values.map((value) => `I${value}\n`).join('')}t`;
  return latin1(
    `\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\n${storage}\nU\x010U\x03cpuK\x04tQI${offset}\n${tuple(shape)}${tuple(strides)}\x89Nt\x52s.`,
  );
};
const four = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
const archive = (pickle: Uint8Array, storage = four): string =>
  fileOf(
    zip([
      ['m/data.pkl', pickle],
      ['m/data/0', storage],
    ]),
  );

describe.each(['zip', 'legacy'])('PyTorch files, %s', (kind) => {
  it('give tensors of every floating type, with offsets, strides and shared storages, as float32', async () => {
    const { tensors, format, notes } = await readCheckpointFile(fixture(`dtypes.${kind}.pth`));
    expect(format).toBe(`PyTorch (${kind})`);
    expect(notes).toEqual([]);
    const values = (name: string): unknown => ({ shape: tensors.get(name)!.shape, data: [...tensors.get(name)!.data] });
    const first4 = [0, 1, 2, 3].map(base);
    expect(values('plain')).toEqual({ shape: [2, 3], data: [0, 1, 2, 3, 4, 5].map(base) });
    expect(values('half')).toEqual({ shape: [4], data: first4 });
    expect(values('bfloat16')).toEqual({ shape: [4], data: first4 });
    expect(values('double')).toEqual({ shape: [4], data: first4.map((value) => Math.fround(value / 3)) });
    // Row i, column j of the transposed 4x6 is number 6j + i.
    expect(values('transposed')).toEqual({
      shape: [6, 4],
      data: Array.from({ length: 24 }, (_, at) => base(6 * (at % 4) + Math.floor(at / 4))),
    });
    expect(values('sliced')).toEqual({ shape: [2, 2], data: [7, 9, 13, 15].map(base) });
    expect(values('expanded')).toEqual({ shape: [3], data: [2, 2, 2].map(base) });
    expect(values('parameter')).toEqual({ shape: [3], data: [0, 1, 2].map(base) });
    expect(values('scalar')).toEqual({ shape: [], data: [2.5] });
    expect(values('empty')).toEqual({ shape: [0, 4], data: [] });
    expect(tensors.size).toBe(10);
  });

  it('give the weights under nested keys and prefixes, and leave settings and the optimizer', async () => {
    const { tensors, notes } = await readCheckpointFile(fixture(`nested.${kind}.pth`));
    expect(notes).toEqual(['under "state_dict" in "model"', 'without "module."', 'without "_orig_mod."']);
    expect([...tensors.keys()]).toEqual(['0.weight', '0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var']);
    expect(tensors.get('0.weight')).toEqual({ shape: [2, 1, 3, 3], data: new Float32Array(18).fill(0.5) });
    expect([...tensors.get('0.bias')!.data]).toEqual([0.25, 0.25]);
  });

  it('are refused wherever they are cut, in one line', async () => {
    const whole = readFileSync(fixture(`dtypes.${kind}.pth`));
    const path = fileOf(whole);
    expect((await readCheckpointFile(path)).tensors.size).toBe(10);
    for (let length = 4; length < whole.length; length += 37) {
      writeFileSync(path, whole.subarray(0, length));
      expect(await refusal(path), `${length} of ${whole.length} bytes`).toMatch(/x\.pth is not a usable PyTorch checkpoint: ./);
    }
  });
});

describe('checkpoint files', () => {
  it('of pickle protocol 4', async () => {
    const { tensors } = await readCheckpointFile(fixture('protocol4.zip.pth'));
    expect([...tensors].map(([name, { data }]) => [name, [...data]])).toEqual([
      ['w', [0, 1, 2].map(base)],
      ['long name '.repeat(30), [3, 4].map(base)],
    ]);
  });

  it('of PyTorch 2: types of 8 bits, and what training scripts keep beside the weights', async () => {
    const { tensors, notes } = await readCheckpointFile(fixture('torch2.zip.pth'));
    expect(notes).toEqual(['under "net"', 'without 1 of whole numbers (uint16)']);
    expect([...tensors.keys()]).toEqual(['float8_e4m3fn', 'float8_e5m2', 'transposed', 'parameter']);
    for (const name of ['float8_e4m3fn', 'float8_e5m2']) expect([...tensors.get(name)!.data], name).toEqual([0, 1, 2, 3].map(base));
    expect(tensors.get('transposed')!.data[1]).toBe(base(6));
  });

  it('are told apart by their content, not their name', async () => {
    const path = join(temporaryFolder(), 'really-safetensors.pth');
    writeSafetensors(
      path,
      new Map([
        ['module.w', { shape: [1], data: Float32Array.of(3) }],
        ['module.bn.num_batches_tracked', { shape: [], data: Float32Array.of(3) }],
      ]),
      { a: 'b' },
    );
    expect(await readCheckpointFile(path)).toEqual({
      tensors: new Map([['w', { shape: [1], data: Float32Array.of(3) }]]),
      metadata: { a: 'b' },
      format: 'safetensors',
      notes: ['without "module."'],
    });
  });

  it('made by hand read as torch’s do: the reference for the refusals below', async () => {
    expect((await readCheckpointFile(archive(tensorPickle(0, [2, 2], [2, 1])))).tensors.get('w')).toEqual({
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    });
    expect((await readCheckpointFile(archive(tensorPickle(3, [2, 2], [0, 0])))).tensors.get('w')).toEqual({
      shape: [2, 2],
      data: Float32Array.of(4, 4, 4, 4),
    });
  });

  it.each<[what: string, path: () => string, reason: RegExp]>([
    [
      'a module instead of its weights',
      () => fixture('module.zip.pth'),
      /names torch\.nn\.modules\.linear\.Linear, which is not among what a file of tensors may name/,
    ],
    ['a command, zip', () => archive(latin1('\x80\x02cposix\nsystem\nU\x04true\x85R.')), /names posix\.system/],
    ['a tensor over the end of its storage', () => archive(tensorPickle(1, [4], [1])), /"w" \[4\] reaches over its storage of 16 bytes/],
    [
      'a tensor of terabytes',
      () => archive(tensorPickle(0, [1_000_000, 1_000_000], [0, 0])),
      /"w" and the tensors before it have more elements than a file of this size may hold/,
    ],
    [
      'sizes whose product is no number',
      () => archive(tensorPickle(0, Array<number>(16).fill(2 ** 40), Array<number>(16).fill(0))),
      /more elements than a file of this size may hold/,
    ],
    ['negative strides', () => archive(tensorPickle(3, [4], [-1])), /offset, shape and strides do not go together/],
    ['more strides than sizes', () => archive(tensorPickle(0, [4], [1, 1])), /offset, shape and strides do not go together/],
    ['a storage type that there is not', () => archive(tensorPickle(0, [4], [1], 'QUInt4x2Storage')), /names torch\.QUInt4x2Storage/],
    ['a storage that is not there', () => fileOf(zip([['m/data.pkl', tensorPickle(0, [4], [1])]])), /its archive lacks the storage 0/],
    [
      'a compressed entry',
      () => fileOf(zip([['m/data.pkl', tensorPickle(0, [4], [1]), { method: 8, size: 2 ** 31 }]])),
      /entry m\/data\.pkl is compressed, which torch\.save never does/,
    ],
    [
      'a path out of the archive',
      () =>
        fileOf(
          zip([
            ['../../etc/passwd', four],
            ['m/data.pkl', tensorPickle(0, [4], [1])],
          ]),
        ),
      /its archive's directory is refused: invalid relative path: \.\.\/\.\.\/etc\/passwd/,
    ],
    [
      'two pickles',
      () =>
        fileOf(
          zip([
            ['a/data.pkl', four],
            ['b/data.pkl', four],
          ]),
        ),
      /has 2 entries <name>\/data\.pkl; a file of torch\.save has one/,
    ],
    [
      'one entry twice',
      () =>
        fileOf(
          zip([
            ['m/data.pkl', four],
            ['m/data.pkl', four],
          ]),
        ),
      /has two entries m\/data\.pkl/,
    ],
    [
      'TorchScript',
      () =>
        fileOf(
          zip([
            ['m/data.pkl', tensorPickle(0, [4], [1])],
            ['m/constants.pkl', four],
          ]),
        ),
      /is a TorchScript archive, which holds code/,
    ],
    [
      'tensors of another byte order',
      () =>
        fileOf(
          zip([
            ['m/data.pkl', tensorPickle(0, [4], [1])],
            ['m/data/0', four],
            ['m/byteorder', latin1('big')],
          ]),
        ),
      /big-endian; little-endian is read/,
    ],
    ['an archive of something else', () => fileOf(zip([['readme.txt', four]])), /has 0 entries <name>\/data\.pkl/],
    ['a pickle of something else', () => fileOf(latin1('\x80\x02K\x01.')), /is a pickle, but not one of torch\.save/],
    [
      'no weights',
      () => archive(latin1('\x80\x02}(U\x05epochK\x03U\x04lossG\x3f\xf0\x00\x00\x00\x00\x00\x00u.')),
      /holds no dictionary of tensors; it has the keys "epoch", "loss"\. Expected a state_dict\(\)/,
    ],
    ['a dictionary that holds itself', () => archive(latin1('\x80\x02}q\x00U\x05modelh\x00s.')), /holds no dictionary of tensors/],
    ['a text file', () => fileOf(Buffer.from('some notes of someone, longer than eight bytes')), /is not a usable safetensors file: /],
    ['an empty file', () => fileOf(new Uint8Array(0)), /is not a usable safetensors file: 0 bytes/],
  ])('are refused with %s', async (_what, path, reason) => {
    expect(await refusal(path())).toMatch(reason);
  });

  it('are refused where they are missing or no file', async () => {
    expect(await refusal('/nowhere/x.pth')).toMatch(/^cannot read the checkpoint \/nowhere\/x\.pth: ENOENT/);
    const folder = temporaryFolder();
    expect(await refusal(folder)).toBe(`${folder} is a folder; expected a file: .safetensors, .pth, .th, .pt or .onnx`);
  });
});
