/** ICC profiles (ICC.1:2001-04, version 2.4), written by hand, so that the corpus carries nobody's. */

type Xyz = [x: number, y: number, z: number];

/** Chromaticities of the primaries, adapted to D50 as matrix profiles want them: columns of RGB to XYZ. */
export const PRIMARIES = {
  // SMPTE EG 432-1 with a D65 white, Bradford-adapted to D50.
  displayP3: [
    [0.515121, 0.241196, -0.001053],
    [0.291977, 0.692245, 0.041885],
    [0.157104, 0.066574, 0.784073],
  ],
  // Adobe RGB (1998), annex C.
  adobeRgb: [
    [0.609741, 0.311111, 0.01947],
    [0.205276, 0.625671, 0.060867],
    [0.149185, 0.063217, 0.744568],
  ],
} as const satisfies Record<string, readonly [Xyz, Xyz, Xyz]>;

const D50: Xyz = [0.964203, 1, 0.824905];

/** A curve of a profile: a gamma (`curv` of one entry), or sRGB's, sampled. */
export type Curve = { gamma: number } | 'srgb';

/** The inverse of IEC 61966-2-1's encoding. */
export const linearOfSrgb = (level: number): number => (level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

const s15Fixed16 = (value: number): Buffer => u32(Math.round(value * 65536));
const xyz = (value: readonly number[]): Buffer => Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), ...value.map(s15Fixed16)]);

function curve(of: Curve): Buffer {
  const entries =
    of === 'srgb' ? Array.from({ length: 1024 }, (_, i) => Math.round(65535 * linearOfSrgb(i / 1023))) : [Math.round(of.gamma * 256)];
  const body = Buffer.alloc(entries.length * 2);
  entries.forEach((entry, i) => body.writeUInt16BE(entry, 2 * i));
  return Buffer.concat([Buffer.from('curv\0\0\0\0', 'latin1'), u32(entries.length), body]);
}

function description(text: string): Buffer {
  // ASCII, then no Unicode and no Macintosh name.
  return Buffer.concat([
    Buffer.from('desc\0\0\0\0', 'latin1'),
    u32(text.length + 1),
    Buffer.from(`${text}\0`, 'latin1'),
    Buffer.alloc(8 + 3 + 67),
  ]);
}

const text = (content: string): Buffer => Buffer.from(`text\0\0\0\0${content}\0`, 'latin1');

function profile(colourSpace: 'RGB ' | 'GRAY', tags: [signature: string, data: Buffer][]): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x02400000, 8);
  header.write(`mntr${colourSpace}XYZ `, 12, 'latin1');
  // A date is required; the standard's own.
  [2001, 4, 1, 0, 0, 0].forEach((part, i) => header.writeUInt16BE(part, 24 + 2 * i));
  header.write('acsp', 36, 'latin1');
  Buffer.concat(D50.map(s15Fixed16)).copy(header, 68);
  const padded = tags.map(([signature, data]): [string, Buffer] => [
    signature,
    Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]),
  ]);
  let at = 128 + 4 + 12 * padded.length;
  const directory = padded.map(([signature, data], i) => {
    const entry = Buffer.concat([Buffer.from(signature, 'latin1'), u32(at), u32(tags[i][1].length)]);
    at += data.length;
    return entry;
  });
  const bytes = Buffer.concat([header, u32(padded.length), ...directory, ...padded.map(([, data]) => data)]);
  bytes.writeUInt32BE(bytes.length, 0);
  return bytes;
}

/** A matrix profile of an RGB space. */
export function rgbProfile(
  name: string,
  primaries: readonly [Xyz, Xyz, Xyz] | (typeof PRIMARIES)[keyof typeof PRIMARIES],
  curves: Curve,
): Buffer {
  const [red, green, blue] = primaries;
  return profile('RGB ', [
    ['desc', description(name)],
    ['cprt', text('No copyright, use freely')],
    ['wtpt', xyz(D50)],
    ['rXYZ', xyz(red)],
    ['gXYZ', xyz(green)],
    ['bXYZ', xyz(blue)],
    ['rTRC', curve(curves)],
    ['gTRC', curve(curves)],
    ['bTRC', curve(curves)],
  ]);
}

/** A profile of a grey scale. */
export function greyProfile(name: string, curves: Curve): Buffer {
  return profile('GRAY', [
    ['desc', description(name)],
    ['cprt', text('No copyright, use freely')],
    ['wtpt', xyz(D50)],
    ['kTRC', curve(curves)],
  ]);
}
