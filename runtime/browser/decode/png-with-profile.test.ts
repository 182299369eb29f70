import { crc32, inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { PRIMARIES, rgbProfile } from '../../testing/index.ts';
import { pngWithProfile } from './png-with-profile.ts';

const profile = rgbProfile('Display P3, made for tests', PRIMARIES.displayP3, 'srgb');
const bytesOf = async (blob: Blob): Promise<Buffer> => Buffer.from(await blob.arrayBuffer());

/** More than one stored block: 200 rows of 601 bytes. */
const image = { width: 200, height: 200, data: Uint8Array.from({ length: 120_000 }, (_, i) => (i * 73) & 255) };

it('holds the pixels and the profile', async () => {
  const png = pngWithProfile(image, profile);
  expect(png.type).toBe('image/png');
  const { icc, width, height, depth, channels } = await sharp(await bytesOf(png)).metadata();
  expect([width, height, depth, channels]).toEqual([200, 200, 'uchar', 3]);
  expect(Buffer.from(icc!)).toEqual(profile);
  // Asked to keep the profile, sharp doesn't convert by it.
  const { data } = await sharp(await bytesOf(png))
    .keepIccProfile()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Buffer.compare(data, Buffer.from(image.data))).toBe(0);
});

it('has the checksums that zlib computes, and rows without a filter', async () => {
  const bytes = await bytesOf(pngWithProfile(image, profile));
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const length = bytes.readUInt32BE(at);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'iCCP', 'IDAT', 'IEND']);
  expect(inflateSync(chunks.get('iCCP')!.subarray(3))).toEqual(profile);
  // inflateSync refuses a wrong Adler-32.
  const rows = inflateSync(chunks.get('IDAT')!);
  expect(rows.length).toBe(200 * 601);
  expect([rows[0], rows[601], ...rows.subarray(602, 605)]).toEqual([0, 0, ...image.data.subarray(600, 603)]);
});
