import sharp from 'sharp';

/** A photograph-like image: smooth gradients with a pattern on them. RGB, 3 bytes a pixel. */
export function gradient(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    return (x * 3 + y * 5 * ((i % 3) + 1) + ((x * y) % 7) * 9) % 256;
  });
}

/** A sharp pipeline over `gradient`, to be encoded. */
export function gradientImage(width = 48, height = 32): ReturnType<typeof sharp> {
  return sharp(gradient(width, height), { raw: { width, height, channels: 3 } });
}
