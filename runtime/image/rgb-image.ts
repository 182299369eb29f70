/** An image in 8-bit sRGB, rows from the top, 3 bytes a pixel: red, green, blue. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** @throws RangeError if the sizes are not positive whole numbers or `data` is not exactly that many pixels */
export function requireRgbImage({ width, height, data }: RgbImage): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`an image has a whole number of at least 1 pixel each way; came ${width} x ${height}`);
  }
  if (data.length !== width * height * 3) {
    throw new RangeError(`an RGB image of ${width} x ${height} pixels has ${width * height * 3} bytes; came ${data.length}`);
  }
}
