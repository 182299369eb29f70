import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/catalogue.ts';
import { corpusBytes } from '../../testing/corpus/corpus.ts';
import { PRIMARIES, rgbProfile } from '../../testing/corpus/icc.ts';
import { avifLayers } from './layers.ts';
import { randomStates } from '../../random-states.ts';

const file = (name: string): Uint8Array<ArrayBuffer> => Uint8Array.from(corpusBytes(name));
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** The file with another text in the place of one that it has once. */
function replaced(name: string, text: string, by: string): Uint8Array<ArrayBuffer> {
  const bytes = file(name);
  const at = latin1(bytes).indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes.set(Buffer.from(by.padEnd(text.length, '\0'), 'latin1'), at);
  return bytes;
}

async function samples(bytes: Uint8Array): Promise<{ channels: number; data: number[] }> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { channels: info.channels, data: [...data] };
}

it.each(['avif-444.avif', 'avif-420-studio-bt709.avif', 'avif-grey.avif'])('leaves %s as it is, without a profile and alpha', (name) => {
  const bytes = file(name);
  const layers = avifLayers(bytes)!;
  expect(layers).toEqual({ colour: bytes, premultiplied: false, coding: expect.anything() as unknown });
  expect(layers.colour).toBe(bytes);
});

it.each(['avif-alpha.avif', 'avif-420-alpha-37x23.avif', 'avif-alpha-premultiplied.avif'])(
  'parts %s into its colours and its alpha',
  async (name) => {
    const whole = await samples(file(name));
    const { colour, alpha, profile } = avifLayers(file(name))!;
    expect(profile).toBeUndefined();
    const colours = await samples(colour);
    expect(whole.channels).toBe(4);
    expect(colours.channels).toBe(3);
    expect(colours.data).toEqual(whole.data.filter((_, i) => i % 4 < 3));
    const grey = await samples(alpha!);
    expect(grey.data).toEqual(whole.data.filter((_, i) => i % 4 === 3).flatMap((level) => [level, level, level]));
  },
);

it('changes boxes where they stand: in the alpha its item, its reference and its type', () => {
  const bytes = file('avif-alpha.avif');
  const { colour, alpha } = avifLayers(bytes)!;
  expect(bytes).toEqual(file('avif-alpha.avif'));
  const text = latin1(bytes);
  expect(latin1(colour)).toBe(text.replace('auxl', 'skip'));
  const fullRange = 'colrnclx\0\x01\0\x0d\0\x06\x80';
  expect(latin1(alpha!)).toBe(
    text
      .replace('auxl', 'skip')
      .replace('pitm\0\0\0\0\0\x01', 'pitm\0\0\0\0\0\x02')
      .replace(/auxC.{11}/s, fullRange),
  );
});

it('takes the profile out and hands it over', async () => {
  const { colour, profile, alpha } = avifLayers(file('avif-444-display-p3.avif'))!;
  expect(Buffer.from(profile!)).toEqual(rgbProfile('Display P3, made for tests', PRIMARIES.displayP3, 'srgb'));
  expect(alpha).toBeUndefined();
  expect(colour.length).toBe(file('avif-444-display-p3.avif').length);
  expect((await sharp(file('avif-444-display-p3.avif')).metadata()).hasProfile).toBe(true);
  expect((await sharp(colour).metadata()).hasProfile).toBe(false);
});

it('takes out both', () => {
  const { colour, profile, alpha } = avifLayers(file('avif-alpha-display-p3.avif'))!;
  expect(profile?.length).toBe(6656);
  for (const layer of [colour, alpha!]) {
    expect(latin1(layer)).not.toMatch(/colr(rICC|prof)/);
    expect(latin1(layer)).not.toContain('auxl');
  }
});

it('tells colours that are multiplied already, and how they are coded: by a colour box, or by the sequence header', () => {
  expect(avifLayers(file('avif-alpha.avif'))).toMatchObject({ premultiplied: false, coding: { primaries: 1, matrix: 6, fullRange: true } });
  expect(avifLayers(file('avif-alpha-premultiplied.avif'))).toMatchObject({ premultiplied: true });
  expect(avifLayers(file('avif-identity-matrix.avif'))).toMatchObject({ coding: { primaries: 1, matrix: 0, fullRange: true } });
  expect(avifLayers(file('avif-420-studio-bt709.avif'))).toMatchObject({ coding: { primaries: 1, matrix: 1, fullRange: false } });
  expect(avifLayers(file('avif-420.avif'))).toMatchObject({ coding: { primaries: 1, matrix: 6, fullRange: true } });
});

it('knows alpha by its older name, and other auxiliary pictures are none', () => {
  const name = 'urn:mpeg:mpegB:cicp:systems:auxiliary:alpha';
  expect(avifLayers(replaced('avif-alpha.avif', name, 'urn:mpeg:hevc:2015:auxid:1'))!.alpha).toBeDefined();
  expect(avifLayers(replaced('avif-alpha.avif', name, 'urn:mpeg:hevc:2015:auxid:2'))!.alpha).toBeUndefined();
});

it('leaves sequences alone', () => {
  expect(avifLayers(replaced('avif-alpha.avif', 'ftypavif', 'ftypavis'))).toBeUndefined();
  const plain = replaced('avif-444.avif', 'ftypavif', 'ftypavis');
  expect(avifLayers(plain)!.colour).toBe(plain);
});

describe('on damaged metadata', () => {
  it.each(['avif-alpha-premultiplied.avif', 'avif-12-bit-alpha-display-p3.avif'])(
    'throws nothing but AppErrors on 2000 mutations of %s',
    (name) => {
      const bytes = file(name);
      const text = latin1(bytes);
      // The metadata without what lies within a profile.
      const places = Array.from({ length: text.indexOf('mdat') }, (_, at) => at).filter(
        (at) => at < text.indexOf('acsp') || at > text.indexOf('ispe') || !text.includes('acsp'),
      );
      const next = randomStates();
      const draw = (n: number): number => next() % n;
      const outcomes = new Set<string>();
      for (let round = 0; round < 2000; round++) {
        const mutant = bytes.slice();
        for (let change = draw(4); change >= 0; change--) mutant[places[draw(places.length)]] = draw(256);
        try {
          const layers = avifLayers(mutant);
          outcomes.add(layers?.alpha ? 'alpha' : 'no alpha');
          if (layers) expect(layers.colour.length).toBe(bytes.length);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          outcomes.add(error.code);
        }
      }
      expect([...outcomes].sort()).toEqual(expect.arrayContaining(['IMAGE_TRUNCATED', 'IMAGE_UNDECODABLE', 'alpha', 'no alpha']));
    },
  );
});
