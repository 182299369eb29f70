/** Layout of activations: NHWC in one memory, channels padded so that eight can be written at once, with what pads a map around it. */
import type { IntegerShape, Sides } from '../program.ts';

/** Bytes of the arena, from the first to the last step that uses them. */
export interface Buffer {
  bytes: number;
  /** The steps, by position, that use it first and last. */
  firstStep: number;
  lastStep: number;
  /** Given when all steps are known (`arena.ts`). */
  address: number;
}

export interface Pointer {
  buffer: Buffer;
  offset: number;
}

/** A map in a buffer, or a part of its channels, rows or columns. Channels lie one behind the other. */
export interface View {
  buffer: Buffer;
  /** Offset of the first pixel's first channel. */
  offset: number;
  height: number;
  width: number;
  /** Bytes from a row to the next, from a pixel to the next. */
  rowBytes: number;
  pixelBytes: number;
  /** Rows and columns of the zero point around it. */
  around: Sides;
}

/** A channel of a value: of a map in memory, or the zero point everywhere. */
export type ChannelSource = { view: View; channel: number } | undefined;

/** Value that a node gives. Moving channels changes nothing but where each is found. */
export interface Value {
  height: number;
  width: number;
  channels: ChannelSource[];
  zeroPoint: number;
}

/** A vector is a map of one pixel. */
export const mapShape = (shape: IntegerShape): [height: number, width: number, channels: number] =>
  shape.length === 3 ? [shape[0], shape[1], shape[2]] : [1, 1, shape[0]];

export const NOTHING_AROUND: Sides = [0, 0, 0, 0];

export const pointerTo = (view: View, row = 0, column = 0): Pointer => ({
  buffer: view.buffer,
  offset: view.offset + row * view.rowBytes + column * view.pixelBytes,
});

export const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
