/**
 * Brave and Firefox's fingerprinting protection alter the pixels that a page reads from a canvas, so
 * the network would see another picture than the user. A known pattern is written and read back.
 *
 * @returns true if what came back is not what was written.
 */
export function canvasIsNoisy(): boolean {
  const side = 64;
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  const pattern = context.createImageData(side, side);
  for (let i = 0; i < pattern.data.length; i++) pattern.data[i] = i % 4 === 3 ? 255 : (i * 37) & 255;
  context.putImageData(pattern, 0, 0);
  const read = context.getImageData(0, 0, side, side).data;
  return read.some((value, i) => value !== pattern.data[i]);
}
