/** Height, width and number of interleaved channels (1: grey, 3: RGB) of an image. */
export interface ImageShape {
  height: number;
  width: number;
  channels: 1 | 3;
}

/** An image of 8-bit levels, rows from the top, channels interleaved (HWC). */
export interface ByteImage extends ImageShape {
  data: Uint8Array;
}

/** Number of bytes of an image of this shape. */
export function byteLength(shape: ImageShape): number {
  return shape.height * shape.width * shape.channels;
}

/** @throws RangeError if `bytes` is not exactly one image of `shape`; `role` names it in the message. */
export function requireLength(bytes: Uint8Array, shape: ImageShape, role: string): void {
  if (bytes.length !== byteLength(shape)) {
    throw new RangeError(
      `the ${role} of a ${shape.height}x${shape.width}x${shape.channels} image must have ${byteLength(shape)} bytes, has ${bytes.length}`,
    );
  }
}
