import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NetworkState } from '../networks/state.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const tensors: NetworkState = new Map([
  ['a', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-40, -0, 3.4e38) }],
  ['b.weight', { shape: [1], data: Float32Array.of(NaN) }],
  ['empty', { shape: [0, 4], data: new Float32Array(0) }],
]);

/** A file as the format describes it, written without our writer. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0), headerText = JSON.stringify(header)): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(headerText)));
  return Buffer.concat([length, Buffer.from(headerText), data]);
}

function refusal(bytes: Uint8Array): Promise<Error> {
  const path = join(temporaryFolder(), 'x.safetensors');
  writeFileSync(path, bytes);
  return errorOf(() => readSafetensors(path));
}

describe('safetensors', () => {
  it('reads back what was written, bit for bit and in order, with the metadata', () => {
    const path = join(temporaryFolder(), 'sub', 'x.safetensors');
    writeSafetensors(path, tensors, { note: 'ümlaut "quoted"' });
    const read = readSafetensors(path);
    expect([...read.tensors.keys()]).toEqual([...tensors.keys()]);
    for (const [name, { shape, data }] of tensors) {
      expect(read.tensors.get(name)!.shape).toEqual(shape);
      expect(Buffer.from(read.tensors.get(name)!.data.buffer)).toEqual(Buffer.from(data.buffer));
    }
    expect(read.metadata).toEqual({ note: 'ümlaut "quoted"' });
  });

  it('writes what the format describes: length, header padded to a multiple of eight, data in order', () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]), { é: 'ü' });
    const bytes = readFileSync(path);
    const headerLength = Number(bytes.readBigUInt64LE(0));
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + headerLength))).toEqual({
      __metadata__: { é: 'ü' },
      w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    });
    expect([...new Float32Array(new Uint8Array(bytes.subarray(8 + headerLength)).buffer)]).toEqual([1, 2]);
  });

  it('writes only the part of a larger buffer that a tensor is', () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, new Map([['w', { shape: [2], data: Float32Array.of(9, 1, 2, 9).subarray(1, 3) }]]));
    expect([...readSafetensors(path).tensors.get('w')!.data]).toEqual([1, 2]);
  });

  it('reads a file of another writer: unaligned header, counters of PyTorch left out, no metadata', () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const header = {
      'bn.num_batches_tracked': { dtype: 'I64', shape: [], data_offsets: [0, 8] },
      w: { dtype: 'F32', shape: [1], data_offsets: [8, 12] },
    };
    writeFileSync(path, file(header, Buffer.concat([Buffer.alloc(8), Buffer.from(Float32Array.of(7).buffer)])));
    const read = readSafetensors(path);
    expect([...read.tensors]).toEqual([['w', { shape: [1], data: Float32Array.of(7) }]]);
    expect(read.metadata).toEqual({});
  });

  it.each<[string, number[], number[]]>([
    ['F16', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c], [1, -2, 2 ** -24, Infinity]],
    ['BF16', [0x80, 0x3f, 0x00, 0xc0, 0x49, 0x40, 0x80, 0xff], [1, -2, 3.140625, -Infinity]],
    ['F8_E4M3', [0x38, 0xc0, 0x01, 0x7e], [1, -2, 2 ** -9, 448]],
    ['F8_E5M2', [0x3c, 0xc0, 0x01, 0x7b], [1, -2, 2 ** -16, 57344]],
    ['F64', [...new Uint8Array(Float64Array.of(1, -2, 1 / 3, 1e300).buffer)], [1, -2, Math.fround(1 / 3), Infinity]],
  ])('reads %s as float32', (dtype, bytes, values) => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeFileSync(path, file({ w: { dtype, shape: [4], data_offsets: [0, bytes.length] } }, Uint8Array.from(bytes)));
    expect(readSafetensors(path).tensors.get('w')).toEqual({ shape: [4], data: Float32Array.from(values) });
  });

  it('refuses a file that is missing, in one line that names it', async () => {
    expect((await errorOf(() => readSafetensors('/nowhere/x.safetensors'))).message).toMatch(
      /^cannot read the checkpoint \/nowhere\/x\.safetensors: ENOENT/,
    );
  });

  const header = { w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } };
  const whole = file(header, new Uint8Array(8));

  it('refuses every truncation of a file, naming it', async () => {
    for (let length = 0; length < whole.length; length++) {
      expect((await refusal(whole.subarray(0, length))).message, `${length} bytes`).toMatch(
        /x\.safetensors is not a usable safetensors file: ./,
      );
    }
  });

  it.each([
    [
      'another dtype',
      file({ w: { dtype: 'C64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(8)),
      '"w" is C64; read are F32, F16, BF16, F64',
    ],
    [
      'tensors that overlap',
      file(
        { v: { dtype: 'F32', shape: [2], data_offsets: [0, 8] }, w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } },
        new Uint8Array(8),
      ),
      'its tensors overlap: 16 bytes by "w" of 8',
    ],
    ['metadata that are no texts', file({ __metadata__: { epoch: 3 } }), 'its __metadata__ is no object of texts'],
    ['garbage', Buffer.from('PK\x03\x04 this is a zip file, not safetensors'), 'a header of '],
    ['an image', Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(100)]), 'a header of '],
    ['a header that is not JSON', file(null, new Uint8Array(8), '{"w":'), 'its header is not JSON'],
    ['a header of null', file(null), 'its header is not JSON of an object'],
    ['a header that is a list', file([1, 2]), 'its header is not JSON of an object'],
    ['an entry of null', file({ w: null }), '"w" has no dtype, shape and data_offsets'],
    [
      'an entry without a shape',
      file({ w: { dtype: 'F32', data_offsets: [0, 8] } }, new Uint8Array(8)),
      '"w" has no dtype, shape and data_offsets',
    ],
    ['an entry without offsets', file({ w: { dtype: 'F32', shape: [2] } }, new Uint8Array(8)), '"w" has no dtype, shape and data_offsets'],
    [
      'a shape that does not fit its bytes',
      file({ w: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, new Uint8Array(8)),
      '"w" [3] lies at 0…8 of 8 bytes',
    ],
    [
      'a negative offset',
      file({ w: { dtype: 'F32', shape: [2], data_offsets: [-4, 4] } }, new Uint8Array(8)),
      '"w" [2] lies at -4…4 of 8 bytes',
    ],
    [
      'offsets beyond the end',
      file({ w: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, new Uint8Array(8)),
      '"w" [2] lies at 4…12 of 8 bytes',
    ],
    [
      'sizes that are no whole numbers',
      file({ w: { dtype: 'F32', shape: [0.5, 4], data_offsets: [0, 8] } }, new Uint8Array(8)),
      '"w" [0.5,4] lies at',
    ],
  ])('refuses %s', async (_what, bytes, reason) => {
    expect((await refusal(bytes)).message).toContain(`x.safetensors is not a usable safetensors file: ${reason}`);
  });
});
