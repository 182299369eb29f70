/**
 * Luma of an RGB triple, rounded to the nearest grey level: ITU-R BT.601 weights in 16-bit fixed point, as
 * Pillow converts mode "RGB" to mode "L".
 *
 * @param red, green, blue - levels in 0…255
 * @returns a level in 0…255
 */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
}

/**
 * Turns interleaved RGB pixels into luma, one byte a pixel.
 *
 * @param rgb - RGB, 3 bytes a pixel
 * @returns a third as many bytes, in the same order
 * @throws RangeError if the length is not a multiple of 3
 */
export function toGrey(rgb: Uint8Array): Uint8Array {
  if (rgb.length % 3 !== 0) throw new RangeError(`RGB pixels have 3 bytes each; came ${rgb.length} bytes`);
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, byte = 0; pixel < grey.length; pixel++, byte += 3) {
    grey[pixel] = luma(rgb[byte], rgb[byte + 1], rgb[byte + 2]);
  }
  return grey;
}
