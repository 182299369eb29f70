/** A model's view of stored images: its size, its channels and its normalisation. Teachers and students share it. */
import { type Preprocessing, preprocessToPixels } from '@sld-edge/runtime';

/** Input = `(level · scale - mean) / std`, levels 0…255; `mean` and `std` in the order of the channels. */
export interface ModelPreprocessing extends Preprocessing {
  /** 1/255 for networks that take values in [0, 1] before normalisation, as PyTorch's ToTensor gives. */
  scale: number;
  channelOrder: 'rgb' | 'bgr';
}

export interface ImageSize {
  height: number;
  width: number;
  channels: number;
}

export const PLAIN_SCALE = 1 / 255;

/** The preprocessing of an RGB model as packages state it: mean and deviation of values in [0, 1]. */
export function ofUnitValues({ scale, channelOrder: _rgb, mean, std, ...rest }: ModelPreprocessing): Preprocessing {
  const unit = 1 / (255 * scale);
  return { ...rest, mean: mean.map((value) => value * unit), std: std.map((value) => value * unit) };
}

/** `32x32x3`, height first. */
export const sizeText = ({ height, width, channels }: ImageSize): string => `${height}x${width}x${channels}`;

/** Text for people: size and normalisation. */
export function preprocessingText(p: ModelPreprocessing): string {
  const scale = p.scale === PLAIN_SCALE ? '' : `, scale ${p.scale}`;
  return `${sizeText(p)}${p.channelOrder === 'bgr' ? ' BGR' : ''}, mean ${p.mean.join(' ')}, std ${p.std.join(' ')}${scale}`;
}

/**
 * Pixels of one size to the model's, whole: what part of a picture is kept was decided when it was stored. Resized by the resizer of the runtime, grey made of colours or colours of grey.
 * @param pixels uint8 `[count, from.height, from.width, from.channels]`
 * @returns uint8 `[count, to.height, to.width, to.channels]`; the same array where nothing differs
 */
export function modelPixels(pixels: Uint8Array, count: number, from: ImageSize, to: Preprocessing): Uint8Array {
  if (sizeText(from) === sizeText(to)) return pixels;
  const size = from.height * from.width * from.channels;
  const toSize = to.height * to.width * to.channels;
  const out = new Uint8Array(count * toSize);
  for (let i = 0; i < count; i++) {
    const image = pixels.subarray(i * size, (i + 1) * size);
    const rgb = from.channels === 3 ? image : tripled(image);
    out.set(preprocessToPixels({ width: from.width, height: from.height, data: rgb }, { ...to, cropRatio: 1 }), i * toSize);
  }
  return out;
}

/** A grey image as RGB: each level three times. Its luma is the level again. */
function tripled(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i], 3 * i, 3 * i + 3);
  return rgb;
}

/**
 * Normalised input of pixels that have the model's size.
 * @param pixels uint8 `[count, height, width, channels]`
 * @returns the same shape
 */
export function modelInput(
  pixels: Uint8Array,
  { channels, mean, std, scale = PLAIN_SCALE, channelOrder = 'rgb' }: Preprocessing & Partial<ModelPreprocessing>,
): Float32Array {
  // Division where the scale is 1/255: the runtime's arithmetic, to the last bit.
  const value = scale === PLAIN_SCALE ? (level: number) => level / 255 : (level: number) => level * scale;
  const out = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const source = channelOrder === 'bgr' ? channels - 1 - channel : channel;
    const table = Float32Array.from({ length: 256 }, (_, level) => (value(level) - mean[channel]) / std[channel]);
    for (let i = 0; i < pixels.length; i += channels) out[i + channel] = table[pixels[i + source]];
  }
  return out;
}

/** NHWC to NCHW: `[images, pixels, channels]` to `[images, channels, pixels]`; the same array if there is one channel. */
export function channelsFirst(input: Float32Array, images: number, channels: number): Float32Array {
  if (channels === 1) return input;
  const pixels = input.length / (images * channels);
  const out = new Float32Array(input.length);
  for (let image = 0; image < images; image++) {
    const at = image * pixels * channels;
    for (let channel = 0; channel < channels; channel++)
      for (let pixel = 0; pixel < pixels; pixel++) out[at + channel * pixels + pixel] = input[at + pixel * channels + channel];
  }
  return out;
}
