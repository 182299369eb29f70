import { turnUpright, yuvToRgb, type Orientation, type RgbImage, type YuvImage, type YuvMatrix } from '@sld-edge/runtime';

const SUBSAMPLINGS: Partial<Record<VideoPixelFormat, YuvImage['subsampling']>> = { I420: '4:2:0', I422: '4:2:2', I444: '4:4:4' };
const MATRICES: Record<string, YuvMatrix | undefined> = { smpte170m: 'bt601', bt470bg: 'bt601', bt709: 'bt709', 'bt2020-ncl': 'bt2020' };

/** By quarter turns clockwise, without and with a mirroring (left and right) after them. */
const ORIENTATIONS: readonly (readonly [plain: Orientation, mirrored: Orientation])[] = [[1, 2], [6, 5], [3, 4], [8, 7]];

/** What newer browsers tell of a frame. */
type TurnedFrame = VideoFrame & { rotation?: number; flip?: boolean };

/**
 * Decodes an AVIF to its YUV samples, which all AV1 decoders agree on, and makes RGB of them in the runtime. Browsers'
 * own conversion interpolates the colours of 4:2:0 images and heeds the primaries, the server's does neither.
 *
 * @returns undefined where this can't be had (no WebCodecs; alpha, more than 8 bits, an ICC profile, another matrix):
 *   then the browser's own picture must do
 */
export async function decodeAvif(bytes: Uint8Array<ArrayBuffer>): Promise<RgbImage | undefined> {
  if (typeof ImageDecoder === 'undefined' || hasProfile(bytes)) return undefined;
  let frame: TurnedFrame | undefined;
  const decoder = new ImageDecoder({ data: bytes, type: 'image/avif' });
  try {
    frame = (await decoder.decode()).image as TurnedFrame;
    const { format, colorSpace, visibleRect, rotation, flip } = frame;
    const subsampling = format ? SUBSAMPLINGS[format] : undefined;
    const matrix = colorSpace.matrix ? MATRICES[colorSpace.matrix] : undefined;
    if (!subsampling || !matrix || !visibleRect || rotation === undefined || flip === undefined) return undefined;
    const { width, height } = visibleRect;
    const data = new Uint8Array(frame.allocationSize());
    const [luma, blue, red] = await frame.copyTo(data);
    const stored = yuvToRgb({ width, height, data, planes: [luma, blue, red], subsampling, matrix, fullRange: colorSpace.fullRange ?? false });
    return turnUpright(stored, ORIENTATIONS[rotation / 90][flip ? 1 : 0]);
  } catch {
    return undefined;
  } finally {
    frame?.close();
    decoder.close();
  }
}

/** Whether a colour box (ISO/IEC 14496-12, 12.1.5) holds an ICC profile. Found in pixels by chance, it costs nothing but exactness. */
function hasProfile(bytes: Uint8Array): boolean {
  const [first, ...rest] = Array.from('colr', (character) => character.charCodeAt(0));
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (!rest.every((byte, i) => bytes[at + 1 + i] === byte)) continue;
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (kind === 'prof' || kind === 'rICC') return true;
  }
  return false;
}
