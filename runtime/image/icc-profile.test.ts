import { describe, expect, it } from 'vitest';
import { greyProfile, PRIMARIES, rgbProfile } from '../testing/corpus/icc.ts';
import { isUsableProfile } from './icc-profile.ts';

const rgb = rgbProfile('test', PRIMARIES.adobeRgb, { gamma: 2.2 });
const sampled = rgbProfile('test', PRIMARIES.adobeRgb, 'srgb');
const grey = greyProfile('test', { gamma: 2.2 });
/** An entry of the directory: signature, position, bytes. */
const entryOf = (profile: Buffer, tag: string): number => profile.indexOf(tag, 132, 'latin1');
const changed = (profile: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(profile);
  change(copy);
  return copy;
};

it('passes whole profiles, and what follows them', () => {
  for (const profile of [rgb, sampled, Buffer.concat([rgb, Buffer.alloc(3)])]) expect(isUsableProfile(profile, 'RGB ')).toBe(true);
  expect(isUsableProfile(grey, 'GRAY')).toBe(true);
});

it('passes each for its own kind of picture', () => {
  expect(isUsableProfile(rgb, 'GRAY')).toBe(false);
  expect(isUsableProfile(grey, 'RGB ')).toBe(false);
});

it('passes nothing that is cut anywhere', () => {
  for (let length = 0; length < sampled.length; length += 7) expect(isUsableProfile(sampled.subarray(0, length), 'RGB ')).toBe(false);
});

describe('does not pass', () => {
  it.each<[string, (copy: Buffer) => void]>([
    ['a size that is larger than the bytes', (p) => p.writeUInt32BE(p.length + 1, 0)],
    ['another signature', (p) => p.fill(0, 36, 40)],
    ['a link between devices', (p) => p.write('link', 12, 'latin1')],
    ['a fifth version', (p) => p.writeUInt8(5, 8)],
    ['a connection space that there is not', (p) => p.fill(0, 20, 24)],
    ['a thousand tags', (p) => p.writeUInt32BE(1000, 128)],
    ['a tag behind the end', (p) => p.writeUInt32BE(p.length - 4, entryOf(p, 'cprt') + 4)],
    ['a colour that is missing', (p) => p.fill(0x20, entryOf(p, 'gXYZ'), entryOf(p, 'gXYZ') + 4)],
    ['a white that is missing', (p) => p.fill(0x20, entryOf(p, 'wtpt'), entryOf(p, 'wtpt') + 4)],
    ['a curve of an unknown kind', (p) => p.fill(0, p.readUInt32BE(entryOf(p, 'bTRC') + 4), p.readUInt32BE(entryOf(p, 'bTRC') + 4) + 4)],
    ['a curve of more entries than its bytes hold', (p) => p.writeUInt32BE(9999, p.readUInt32BE(entryOf(p, 'rTRC') + 4) + 8)],
    ['a tag that is there twice', (p) => p.write('cprt', entryOf(p, 'desc'), 'latin1')],
  ])('%s', (_what, change) => expect(isUsableProfile(changed(sampled, change), 'RGB ')).toBe(false));
});
