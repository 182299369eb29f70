/** Whole files of the six formats, small, of which the fuzzer makes damaged ones. */
import sharp, { type Sharp } from 'sharp';

export type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff';
export const FORMATS: readonly Format[] = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'];

export interface SeedFile {
  format: Format;
  bytes: Buffer;
}

/** A smooth picture; by its alpha half transparent. */
function picture(width: number, height: number, channels: 1 | 3 | 4): Sharp {
  const raw = Uint8Array.from({ length: width * height * channels }, (_, i) => (i % channels === 3 ? 128 : (i >> 3) & 255));
  return sharp(raw, { raw: { width, height, channels } });
}

const rgb = (): Sharp => picture(96, 64, 3);
const rgba = (): Sharp => picture(96, 64, 4);
const deep = (image: Sharp): Sharp => image.toColourspace('rgb16');

const VARIANTS: Record<Format, (() => Sharp)[]> = {
  jpeg: [
    () => rgb().jpeg(),
    () => rgb().jpeg({ progressive: true }),
    () => rgb().withMetadata({ orientation: 6, icc: 'p3' }).jpeg({ chromaSubsampling: '4:4:4' }),
    () => picture(96, 64, 1).jpeg(),
  ],
  png: [
    () => rgb().png(),
    () => rgba().png({ progressive: true }),
    () => rgb().png({ palette: true }),
    () => deep(rgb()).withIccProfile('p3').png(),
    () => deep(rgba()).png({ progressive: true }),
    () => rgb().withMetadata({ orientation: 3 }).png(),
  ],
  webp: [
    () => rgb().webp(),
    () => rgba().webp(),
    () => rgba().webp({ lossless: true }),
    () => rgb().withMetadata({ orientation: 8, icc: 'p3' }).webp(),
  ],
  gif: [() => rgb().gif(), () => rgba().gif()],
  avif: [
    () => rgb().avif({ effort: 0 }),
    () => rgba().avif({ effort: 0, chromaSubsampling: '4:2:0' }),
    () => rgba().withMetadata({ orientation: 6, icc: 'p3' }).avif({ effort: 0, bitdepth: 10 }),
  ],
  tiff: [
    () => rgb().tiff({ compression: 'lzw' }),
    () => rgba().tiff({ compression: 'deflate', tile: true, tileWidth: 32, tileHeight: 32 }),
    () => deep(rgb()).withIccProfile('p3').tiff({ compression: 'none' }),
    () => rgb().withMetadata({ orientation: 5 }).tiff({ compression: 'jpeg' }),
  ],
};

export async function makeSeedFiles(): Promise<SeedFile[]> {
  const made = FORMATS.flatMap((format) => VARIANTS[format].map(async (variant) => ({ format, bytes: await variant().toBuffer() })));
  return Promise.all(made);
}
