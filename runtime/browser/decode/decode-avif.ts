import { avifLayers } from '../../image/avif/layers.ts';
import { matrixOf, type ColourCoding } from '../../image/avif/matrix.ts';
import { onWhite, withAlpha } from '../../image/on-white.ts';
import { turnUpright, type Orientation } from '../../image/orientation.ts';
import { yuvToRgb, type YuvImage } from '../../image/yuv.ts';
import type { RgbImage } from '../../image/rgb-image.ts';
import { drawOnWhite } from './draw-on-white.ts';
import { pngWithProfile } from './png-with-profile.ts';

/** Newer formats are not in TypeScript's list yet. */
const YUV_FORMATS: Record<string, Pick<YuvImage, 'subsampling' | 'bits'> | undefined> = {
  I420: { subsampling: '4:2:0', bits: 8 },
  I422: { subsampling: '4:2:2', bits: 8 },
  I444: { subsampling: '4:4:4', bits: 8 },
  I420P10: { subsampling: '4:2:0', bits: 10 },
  I422P10: { subsampling: '4:2:2', bits: 10 },
  I444P10: { subsampling: '4:4:4', bits: 10 },
  I420P12: { subsampling: '4:2:0', bits: 12 },
  I422P12: { subsampling: '4:2:2', bits: 12 },
  I444P12: { subsampling: '4:4:4', bits: 12 },
};

/** Orientations by quarter turns clockwise, without and with a mirroring (left and right) after them. */
const ORIENTATIONS: readonly (readonly [plain: Orientation, mirrored: Orientation])[] = [
  [1, 2],
  [6, 5],
  [3, 4],
  [8, 7],
];

/** Formats of 4 bytes a pixel, and where red, green and blue are. Chromium gives grey pictures so; all three levels are the sample. */
const RGB_FORMATS: Partial<Record<VideoPixelFormat, readonly [red: number, green: number, blue: number]>> = {
  RGBX: [0, 1, 2],
  BGRX: [2, 1, 0],
};

/** Fields of a frame in newer browsers. */
type TurnedFrame = VideoFrame & { rotation?: number; flip?: boolean };

interface StoredPicture {
  rgb: RgbImage;
  orientation: Orientation;
}

/**
 * Decodes an AVIF to its samples, which all AV1 decoders agree on, and does the rest as the server does: RGB of YUV, then the profile, then
 * alpha. Browsers' own conversion interpolates the colours of 4:2:0 images, heeds the primaries, converts by a profile what it rounded
 * otherwise and widens alpha; the server does none of these.
 *
 * @returns undefined if this can't be had (no WebCodecs; another matrix; an alpha plane of another size; a sequence with a profile or
 * alpha): then the browser's own picture must do
 * @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED if the file's metadata contradict themselves; IMAGE_UNDECODABLE for a crop that is
 * not one of whole pixels
 */
export async function decodeAvif(bytes: Uint8Array<ArrayBuffer>): Promise<RgbImage | undefined> {
  const layers = avifLayers(bytes);
  if (typeof ImageDecoder === 'undefined' || !layers) return undefined;
  const stored = await decodeFrame(layers.colour, layers.coding);
  if (!stored) return undefined;
  const { orientation } = stored;
  const { width, height } = stored.rgb;
  const alpha = layers.alpha && (await decodeFrame(layers.alpha))?.rgb;
  if (layers.alpha && (alpha?.width !== width || alpha.height !== height)) return undefined;
  const colours = layers.profile ? await drawOnWhite(pngWithProfile(stored.rgb, layers.profile), 'avif') : stored.rgb;
  const data = alpha ? onWhite(withAlpha(colours.data, alpha.data), 4, layers.premultiplied) : colours.data;
  const composed = { width, height, data };
  // A sequence of frames is turned as its tracks say.
  return turnUpright(composed, orientation);
}

/** @returns undefined if the browser can't decode it, or gives what can't be used */
async function decodeFrame(data: Uint8Array<ArrayBuffer>, coding?: ColourCoding): Promise<StoredPicture | undefined> {
  let frame: TurnedFrame | undefined;
  const decoder = new ImageDecoder({ data, type: 'image/avif' });
  try {
    frame = (await decoder.decode()).image as TurnedFrame;
    return await toStoredPicture(frame, coding);
  } catch {
    return undefined;
  } finally {
    frame?.close();
    decoder.close();
  }
}

async function toStoredPicture(frame: TurnedFrame, coding: ColourCoding | undefined): Promise<StoredPicture | undefined> {
  const { format, rotation, flip } = frame;
  if (!format || rotation === undefined || flip === undefined) return undefined;
  const yuv = YUV_FORMATS[format];
  const rgb = yuv ? await fromYuv(frame, yuv, coding) : await fromRgb(frame);
  return rgb && { rgb, orientation: ORIENTATIONS[rotation / 90][flip ? 1 : 0] };
}

async function fromYuv(
  frame: VideoFrame,
  yuv: Pick<YuvImage, 'subsampling' | 'bits'>,
  coding: ColourCoding | undefined,
): Promise<RgbImage | undefined> {
  const { visibleRect } = frame;
  // By the file's own words: Chromium has no name for some matrices, and takes others for its default.
  const matrix = coding && matrixOf(coding);
  if (!matrix || !visibleRect) return undefined;
  const { width, height } = visibleRect;
  // More than 8 bits come as 16, in the machine's order.
  const sampleBytes = yuv.bits > 8 ? 2 : 1;
  const bytes = new Uint8Array(frame.allocationSize());
  const [luma, blue, red] = (await frame.copyTo(bytes)).map(({ offset, stride }) => ({
    offset: offset / sampleBytes,
    stride: stride / sampleBytes,
  }));
  const data = sampleBytes === 2 ? new Uint16Array(bytes.buffer) : bytes;
  return yuvToRgb({ width, height, data, planes: [luma, blue, red], ...yuv, matrix, fullRange: coding.fullRange });
}

async function fromRgb(frame: VideoFrame): Promise<RgbImage | undefined> {
  const { format, visibleRect } = frame;
  const channels = format ? RGB_FORMATS[format] : undefined;
  if (!channels || !visibleRect) return undefined;
  const { width, height } = visibleRect;
  const bytes = new Uint8Array(frame.allocationSize());
  const [{ offset, stride }] = await frame.copyTo(bytes);
  const [red, green, blue] = channels;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, at = offset + y * stride; x < width; x++, at += 4) {
      data[to++] = bytes[at + red];
      data[to++] = bytes[at + green];
      data[to++] = bytes[at + blue];
    }
  }
  return { width, height, data };
}
