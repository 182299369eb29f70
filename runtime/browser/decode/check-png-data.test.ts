import { deflateSync, inflateSync } from 'node:zlib';
import { corpus, corpusBytes, withPngChunksAround } from '../../testing/index.ts';
import { describe, expect, it } from 'vitest';
import { checkPngData } from './check-png-data.ts';

const whole = corpus.filter(({ file, shows }) => file.endsWith('.png') && shows && !file.startsWith('jpeg')).map(({ file }) => file);

/** The file with its data inflated, changed and deflated, in one chunk. */
function withRows(file: string, change: (rows: Buffer) => Buffer): Buffer<ArrayBuffer> {
  const png = corpusBytes(file);
  const data: Buffer[] = [];
  let first = 0;
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) !== 'IDAT') continue;
    first ||= at;
    data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const rows = inflateSync(Buffer.concat(data));
  return withPngChunksAround(Buffer.concat([png.subarray(0, first), png.subarray(-12)]), [], [['IDAT', deflateSync(change(rows))]]);
}

describe('checkPngData', () => {
  it.each(whole)('passes %s', (file) => checkPngData(Uint8Array.from(corpusBytes(file))));

  it.each(['png-rgb.png', 'png-interlaced.png', 'png-grey-1-bit.png', 'png-3x5.png'])(
    'refuses %s where a byte is missing or a filter is none',
    async (file) => {
      await checkPngData(withRows(file, (rows) => rows));
      await checkPngData(withRows(file, (rows) => Buffer.concat([rows, Buffer.alloc(9)])));
      await expect(checkPngData(withRows(file, (rows) => rows.subarray(0, -1)))).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
      await expect(checkPngData(withRows(file, (rows) => rows.fill(5, 0, 1)))).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
    },
  );

  it('refuses a stream that is cut', async () => {
    await expect(checkPngData(Uint8Array.from(corpusBytes('png-half-data.png')))).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
  });
});
