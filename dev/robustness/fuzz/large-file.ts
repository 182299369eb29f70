/** Whole pictures of any size and kind, up to a little beyond the limits, that are cheap to make. */
import sharp from 'sharp';
import { blackPng, jpegOfManyScans, textChunk } from '../../../server/testing/hostile-images.ts';
import type { Draw } from './draw.ts';

const MOST_PIXELS = 60_000_000;
/** Largest picture that an encoder makes, so that the fuzzer waits for the server and not the other way round. */
const MOST_ENCODED_PIXELS = 6_000_000;

/** @param profile - an ICC profile */
export async function largeFile(draw: Draw, profile: Buffer): Promise<Buffer> {
  if (draw.chance(0.1)) return encoded(draw);
  const width = draw.side(50_000_000);
  const height = Math.max(1, Math.min(draw.side(50_000_000), Math.floor(MOST_PIXELS / width)));
  if (draw.chance(0.15)) {
    // Large enough for its runs of blocks.
    const side = 1100 + draw.below(7000);
    return jpegOfManyScans(side, 1100 + draw.below(Math.floor(MOST_PIXELS / side) - 1100));
  }
  return blackPng({
    width,
    height,
    bits: draw.of([8, 16]),
    colourType: draw.of([0, 2, 4, 6]),
    profile: draw.chance(0.5) ? profile : undefined,
    chunks: draw.chance(0.1) ? Array.from<Buffer>({ length: 1 + draw.below(200) }).fill(textChunk(20_000_000)) : [],
    surplusBytes: draw.chance(0.1) ? draw.side(4_000_000_000) : 0,
  });
}

async function encoded(draw: Draw): Promise<Buffer> {
  const width = draw.side(8000);
  const height = Math.max(1, Math.min(draw.side(8000), Math.floor(MOST_ENCODED_PIXELS / width)));
  const image = sharp({ create: { width, height, channels: draw.of([3, 4]), background: { r: 250, g: 160, b: 50, alpha: 0.5 } } });
  if (draw.chance(0.5)) image.withMetadata({ orientation: 1 + draw.below(8), ...(draw.chance(0.5) ? { icc: 'p3' } : {}) });
  const encoders = [
    () => image.jpeg({ progressive: draw.chance(0.5), chromaSubsampling: draw.of(['4:2:0', '4:4:4']) }),
    () => image.webp({ lossless: draw.chance(0.5), effort: 0 }),
    () => image.gif({ effort: 1 }),
    () => image.avif({ effort: 0, bitdepth: draw.of([8, 10, 12]), chromaSubsampling: draw.of(['4:2:0', '4:4:4']) }),
    () => image.tiff({ compression: draw.of(['none', 'lzw', 'deflate', 'jpeg']), tile: draw.chance(0.5) }),
  ];
  return draw.of(encoders)().toBuffer();
}
