import { describe, expect, it } from 'vitest';
import { sha256Hex } from './sha256.ts';

describe('sha256Hex', () => {
  it("gives the digests of FIPS 180-4's examples", async () => {
    expect(await sha256Hex(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await sha256Hex(new Uint8Array(0))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('digests a view, not the buffer under it', async () => {
    const buffer = new TextEncoder().encode('xabcx');
    expect(await sha256Hex(buffer.subarray(1, 4))).toMatch(/^ba7816bf/);
  });
});
