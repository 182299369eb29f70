/** The JPEGs that servers are timed on: made from seeds, the same bytes on every machine that has the same sharp, and the same for all servers. */
import sharp from 'sharp';
import { createRandom, type Random } from '../../pipeline/data/augmentation/random.ts';

export interface PictureKind {
  /** Contents: `scene` has a photograph's spectrum, edges and sensor noise; `drawing` flat colours; `noise` nothing but noise. */
  shows: 'scene' | 'drawing' | 'noise';
  width: number;
  height: number;
  quality: number;
  chroma: '4:2:0' | '4:4:4';
  progressive?: true;
  count: number;
}

/** Pictures as people send them: most are photographs, from thumbnails of 32 pixels to 1,024. */
const MIXED: readonly PictureKind[] = [
  { shows: 'scene', width: 32, height: 32, quality: 90, chroma: '4:2:0', count: 4 },
  { shows: 'scene', width: 64, height: 48, quality: 85, chroma: '4:2:0', count: 4 },
  { shows: 'scene', width: 128, height: 128, quality: 85, chroma: '4:2:0', count: 5 },
  { shows: 'scene', width: 224, height: 224, quality: 90, chroma: '4:2:0', count: 5 },
  { shows: 'scene', width: 320, height: 240, quality: 75, chroma: '4:2:0', count: 5 },
  { shows: 'scene', width: 479, height: 361, quality: 85, chroma: '4:2:0', count: 4 },
  { shows: 'scene', width: 640, height: 480, quality: 85, chroma: '4:2:0', count: 3 },
  { shows: 'scene', width: 640, height: 426, quality: 80, chroma: '4:2:0', progressive: true, count: 2 },
  { shows: 'scene', width: 1024, height: 768, quality: 85, chroma: '4:2:0', count: 2 },
  { shows: 'drawing', width: 256, height: 256, quality: 90, chroma: '4:4:4', count: 4 },
  { shows: 'noise', width: 96, height: 96, quality: 80, chroma: '4:2:0', count: 2 },
];

/** A telephone's photographs of 12 megapixels. */
const PHOTOGRAPHS: readonly PictureKind[] = [
  { shows: 'scene', width: 4032, height: 3024, quality: 85, chroma: '4:2:0', count: 3 },
  { shows: 'scene', width: 4000, height: 3000, quality: 92, chroma: '4:2:0', count: 1 },
];

/** Thumbnails up to what a page shows: what a network of 96 or 224 pixels is sent. */
const MEDIUM: readonly PictureKind[] = [
  { shows: 'scene', width: 224, height: 224, quality: 90, chroma: '4:2:0', count: 4 },
  { shows: 'scene', width: 320, height: 240, quality: 85, chroma: '4:2:0', count: 4 },
  { shows: 'scene', width: 640, height: 480, quality: 85, chroma: '4:2:0', count: 4 },
];

export const PICTURE_SETS = { mixed: MIXED, photographs: PHOTOGRAPHS, medium: MEDIUM } as const;
export type PictureSetName = keyof typeof PICTURE_SETS;

/** Sides of the cells of a scene's texture, as parts of its width; their contrasts fall as a photograph's do, with the frequency. */
const OCTAVES = [1 / 2, 1 / 5, 1 / 12, 1 / 30, 1 / 75, 1 / 190, 1 / 480, 1 / 1200];
const CONTRAST = 150;

/** @returns the files in the order in which they are sent: shuffled by the seed */
export async function makePictures(name: PictureSetName, seed: number): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for (const [i, kind] of PICTURE_SETS[name].entries())
    for (let n = 0; n < kind.count; n++) files.push(await encode(kind, createRandom(seed, i, n)));
  const random = createRandom(seed, PICTURE_SETS[name].length);
  for (let i = files.length - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [files[i], files[other]] = [files[other], files[i]];
  }
  return files;
}

/** One line for people: counts, sizes, qualities. */
export const pictureSetText = (name: PictureSetName): string =>
  PICTURE_SETS[name]
    .map(
      ({ shows, width, height, quality, chroma, progressive, count }) =>
        `${count} × ${shows} ${width}×${height} q${quality} ${chroma}${progressive ? ' progressive' : ''}`,
    )
    .join(', ');

async function encode(kind: PictureKind, random: Random): Promise<Buffer> {
  const { width, height, quality, chroma, progressive = false } = kind;
  const data = { scene, drawing, noise }[kind.shows](kind, random);
  return sharp(await data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality, chromaSubsampling: chroma, progressive })
    .toBuffer();
}

interface Size {
  width: number;
  height: number;
}

/** Octaves of soft texture in brightness, fewer in colour, some objects with edges and a shade of their own, and a sensor's noise. */
async function scene({ width, height }: Size, random: Random): Promise<Uint8Array> {
  const light = new Float32Array(width * height).fill(90 + 60 * random.next());
  for (const octave of OCTAVES) {
    const cell = Math.round(octave * width);
    if (cell >= 2) await addTexture(light, { width, height }, cell, CONTRAST * octave ** 0.55, random);
  }
  const [warm, cold] = [new Float32Array(width * height), new Float32Array(width * height)];
  for (const colour of [warm, cold])
    for (const octave of OCTAVES.slice(0, 4))
      await addTexture(colour, { width, height }, Math.max(2, Math.round(octave * width)), 60 * octave ** 0.5, random);
  for (let object = 0; object < 6; object++) addObject(light, { width, height }, random);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < light.length; i++) {
    const grain = 5 * (random.next() + random.next() - 1);
    data[at++] = level(light[i] + warm[i] + grain);
    data[at++] = level(light[i] + grain);
    data[at++] = level(light[i] + cold[i] + grain);
  }
  return data;
}

/** Random levels a cell apart, with cubic curves between them. */
async function addTexture(to: Float32Array, { width, height }: Size, cell: number, contrast: number, random: Random): Promise<void> {
  const [columns, rows] = [Math.ceil(width / cell) + 1, Math.ceil(height / cell) + 1];
  const grid = Uint8Array.from({ length: columns * rows }, () => random.integer(256));
  const { data } = await sharp(grid, { raw: { width: columns, height: rows, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i < to.length; i++) to[i] += (contrast * (data[i] - 127.5)) / 127.5;
}

function addObject(light: Float32Array, { width, height }: Size, random: Random): void {
  const [centreX, centreY] = [random.next() * width, random.next() * height];
  const [radiusX, radiusY] = [(0.05 + 0.2 * random.next()) * width, (0.05 + 0.2 * random.next()) * height];
  const shade = 160 * (random.next() - 0.5);
  const isRound = random.next() < 0.5;
  for (let y = Math.max(0, Math.floor(centreY - radiusY)); y < Math.min(height, centreY + radiusY); y++) {
    for (let x = Math.max(0, Math.floor(centreX - radiusX)); x < Math.min(width, centreX + radiusX); x++) {
      const inside = !isRound || ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2 < 1;
      if (inside) light[y * width + x] += shade;
    }
  }
}

function drawing({ width, height }: Size, random: Random): Uint8Array {
  const colours = Array.from({ length: 6 }, () => [random.integer(256), random.integer(256), random.integer(256)]);
  const slopes = colours.map(() => random.next() * 2 - 1);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const band = colours.findIndex((_, i) => y < ((i + 1) * height) / 6 + slopes[i] * (x - width / 2) * 0.3);
      data.set(colours[Math.max(0, band)], at);
      at += 3;
    }
  }
  return data;
}

const noise = ({ width, height }: Size, random: Random): Uint8Array =>
  Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));

const level = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
