import { describe, expect, it } from 'vitest';
import { readSequenceHeader } from './sequence-header.ts';

/** Bits, spaces between them, as bytes; zeros fill the last one. */
function bytesOf(bits: string): number[] {
  const plain = bits.replaceAll(' ', '');
  return Array.from({ length: Math.ceil(plain.length / 8) }, (_, i) => parseInt(plain.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2));
}
const zeros = (count: number): string => '0'.repeat(count);
/** An OBU of type 1 that gives its size. */
const obu = (bits: string): number[] => [0x0a, bytesOf(bits).length, ...bytesOf(bits)];
/** Profile, still and reduced, level; 64 x 48; tools; depth and grey; no description; range. */
const still = (grey: string, range: string): string => `000 1 1 00101 0101 0101 111111 101111 000 000 0 ${grey} 0 ${range}`;
const moving = (range: string): string =>
  [
    '000 0 0',
    // Timing: ticks, a number of 2 + 1 + 2 bits; the decoder's model with delays of 4 bits.
    `1 ${zeros(64)} 1 00111 1 00011 ${zeros(32)} 00000 00000`,
    // Two operating points: of level 8 with everything, of level 7 with nothing.
    `1 00001 ${zeros(12)} 01000 1 1 1111 1111 1 1 1111 ${zeros(12)} 00111 0 0`,
    // 64 x 48, frame identifiers, tools, order hints, screen content of which integer vectors are left to nobody.
    '0101 0101 111111 101111 1 1111111 000 1111 1 11 0 1 0 1 111 000',
    // Deep, grey, described.
    `1 1 1 ${'1'.repeat(24)} ${range}`,
  ].join(' ');

describe('readSequenceHeader', () => {
  it.each(['0', '1'])('reads the range %s of a still and of a moving grey picture', (range) => {
    for (const [bits, code] of [
      [still('1', range), 2],
      [moving(range), 255],
    ] as const) {
      expect(readSequenceHeader(Uint8Array.from(obu(bits)))).toEqual({
        width: 64,
        height: 48,
        monochrome: true,
        primaries: code,
        matrix: code,
        fullRange: range === '1',
      });
    }
  });

  it('tells how colours are coded; the high profile has no grey', () => {
    const colours = { width: 64, height: 48, monochrome: false, primaries: 2, matrix: 2 };
    expect(readSequenceHeader(Uint8Array.from(obu(still('0', '1'))))).toEqual({ ...colours, fullRange: true });
    // The bit that would tell grey is the description's: what follows are primaries, transfer, matrix and range.
    const described = (codes: string, range: string): string => `001${still('1', '').slice(3).replace(/0 $/, '')}${codes}${range}`;
    expect(readSequenceHeader(Uint8Array.from(obu(described('00001001 00001101 00001100', '0'))))).toEqual({
      ...colours,
      primaries: 9,
      matrix: 12,
      fullRange: false,
    });
    // RGB has no bit for its range.
    expect(readSequenceHeader(Uint8Array.from(obu(described('00000001 00001101 00000000', ''))))).toEqual({
      ...colours,
      primaries: 1,
      matrix: 0,
      fullRange: true,
    });
  });

  it('passes over other OBUs, with and without an extension', () => {
    const header = obu(still('1', '0'));
    expect(readSequenceHeader(Uint8Array.of(0x12, 0, 0x3e, 0xff, 2, 1, 1, ...header))).toEqual({
      width: 64,
      height: 48,
      monochrome: true,
      primaries: 2,
      matrix: 2,
      fullRange: false,
    });
    // Without a size: to the end.
    expect(readSequenceHeader(Uint8Array.of(0x12, 0, 0x08, ...header.slice(2)))).toEqual({
      width: 64,
      height: 48,
      monochrome: true,
      primaries: 2,
      matrix: 2,
      fullRange: false,
    });
  });

  it('gives nothing of what is cut off, or is not there', () => {
    const header = obu(moving('1'));
    for (let length = 0; length < header.length; length++)
      expect(readSequenceHeader(Uint8Array.from(header.slice(0, length)))).toBeUndefined();
    expect(readSequenceHeader(Uint8Array.of(0x12, 0, 0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBeUndefined();
  });
});
