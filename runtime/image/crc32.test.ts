import { crc32 as crc32OfNode } from 'node:zlib';
import { expect, it } from 'vitest';
import { crc32 } from './crc32.ts';

it('gives the checksum that the standard gives of "123456789"', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});

it('goes on from what came before, at every length', () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, i) => (i * 89) & 255);
  for (let cut = 0; cut <= bytes.length; cut++) expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32OfNode(bytes));
});
