/** Animations whose first frame does not cover the canvas, which no encoder of ours writes; and PNG's. */
import { u16s, u32s, withPngChunksAround, type PngChunk } from './png.ts';

export interface Corner {
  left: number;
  top: number;
}
interface Size {
  width: number;
  height: number;
}

/** A GIF (GIF89a specification) with another canvas, its first frame elsewhere. */
export function withGifFrameAt(file: Uint8Array, canvas: Size, { left, top }: Corner): Buffer {
  const gif = Buffer.from(file);
  gif.writeUInt16LE(canvas.width, 6);
  gif.writeUInt16LE(canvas.height, 8);
  // A colour table for all frames, then extensions of blocks.
  let at = 13 + (gif[10] & 0x80 ? 3 * 2 ** ((gif[10] & 7) + 1) : 0);
  while (gif[at] === 0x21) for (at += 2; gif[at++] !== 0;) at += gif[at - 1];
  gif.writeUInt16LE(left, at + 1);
  gif.writeUInt16LE(top, at + 3);
  return gif;
}

/** An animated WebP (RFC 9649) with another canvas, its frames elsewhere. @param place - of even numbers */
export function withWebpFramesAt(file: Uint8Array, canvas: Size, { left, top }: Corner): Buffer {
  const webp = Buffer.from(file);
  webp.writeUIntLE(canvas.width - 1, 24, 3);
  webp.writeUIntLE(canvas.height - 1, 27, 3);
  for (let at = 12; at < webp.length; at += 8 + webp.readUInt32LE(at + 4) + (webp.readUInt32LE(at + 4) % 2)) {
    if (webp.toString('latin1', at, at + 4) !== 'ANMF') continue;
    webp.writeUIntLE(left / 2, at + 8, 3);
    webp.writeUIntLE(top / 2, at + 11, 3);
  }
  return webp;
}

/**
 * A PNG as the default image of an animation (W3C PNG, third edition, 4.8) whose frames show another picture.
 *
 * @param shown - whether the default image is the first frame
 * @param frames - PNGs of the same kind as `file`
 */
export function animatedPng(file: Uint8Array, shown: boolean, frames: readonly Uint8Array[]): Buffer {
  let sequence = 0;
  const control = ({ width, height }: Size): PngChunk => [
    'fcTL',
    Buffer.concat([u32s(sequence++, width, height, 0, 0), u16s(1, 10), Uint8Array.of(0, 0)]),
  ];
  const sizeOf = (png: Uint8Array): Size => ({ width: Buffer.from(png).readUInt32BE(16), height: Buffer.from(png).readUInt32BE(20) });
  const before: PngChunk[] = [['acTL', u32s(frames.length + (shown ? 1 : 0), 0)], ...(shown ? [control(sizeOf(file))] : [])];
  const after = frames.flatMap((frame): PngChunk[] => [control(sizeOf(frame)), ['fdAT', Buffer.concat([u32s(sequence++), dataOf(frame)])]]);
  return withPngChunksAround(file, before, after);
}

/** The data of a PNG of one IDAT chunk. */
function dataOf(file: Uint8Array): Buffer {
  const png = Buffer.from(file);
  const at = png.indexOf('IDAT', 0, 'latin1');
  return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
}
