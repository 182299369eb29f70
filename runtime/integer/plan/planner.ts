/** State that the lowering of nodes to steps shares: memory, constants, and values brought into the form in which kernels read them. */
import type { KernelName, KernelSet } from '../kernels/module.ts';
import type { Sides } from '../program.ts';
import { WORD } from '../kernels/kernel-builder.ts';
import { mapShape, NOTHING_AROUND, pointerTo, roundUp, type Buffer, type Pointer, type Value, type View } from './layout.ts';
import { OUTPUTS_OF_BLOCK } from './pack-weights.ts';

export type Parameter = number | Pointer;

/** One call of a kernel. */
export interface Step {
  /** Name of the node that it computes, or a part of it. */
  node: string;
  kernel: KernelName;
  parameters: Record<string, Parameter>;
  /** Rows of its output, which are shared out in bands of `band` rows, one after the other. */
  rows: number;
  band: number;
  /** Steps of one stage come one behind the other, and none depends on another. */
  stage: number;
}

/** Bytes that are there when the program is loaded. */
export interface Data {
  bytes: Uint8Array;
  buffer: Buffer;
}

const ANYTIME = { firstStep: 0, lastStep: Infinity, address: 0 };

export class Planner {
  readonly steps: Step[] = [];
  readonly buffers: Buffer[] = [];
  readonly data: Data[] = [];

  readonly set: KernelSet;
  /** Name of the node whose steps are being planned. */
  node = '';

  constructor(set: KernelSet) {
    this.set = set;
  }

  /** Bytes of an activation. */
  get bytes(): 1 | 2 {
    return this.set.storage.bytes;
  }

  /** The map around which the last step has filled: what is written into the map itself does not depend on that. */
  #surrounded?: Buffer;

  /** @param beside it does not depend on the step before */
  step(kernel: KernelName, rows: number, parameters: Record<string, Parameter>, { band = rows, beside = false } = {}): void {
    const { y } = parameters;
    const apart = !beside && (typeof y === 'number' || y.buffer !== this.#surrounded);
    const stage = (this.steps.at(-1)?.stage ?? 0) + (apart ? 1 : 0);
    this.#surrounded = undefined;
    for (const parameter of Object.values(parameters)) {
      if (typeof parameter !== 'number') parameter.buffer.lastStep = Math.max(parameter.buffer.lastStep, this.steps.length);
    }
    this.steps.push({ node: this.node, kernel, parameters, rows, band, stage });
  }

  constant(bytes: Uint8Array): Pointer {
    const buffer = { ...ANYTIME, bytes: bytes.length };
    this.data.push({ bytes, buffer });
    return { buffer, offset: 0 };
  }

  /** A buffer that is needed from now on. */
  buffer(bytes: number, forEver = false): Buffer {
    const buffer = { ...ANYTIME, bytes, firstStep: forEver ? 0 : this.steps.length, lastStep: forEver ? Infinity : 0 };
    this.buffers.push(buffer);
    return buffer;
  }

  /** A map for a node to write, with its zero point around it. @param channelsOfPixel as many as a pixel has room for */
  allocate(
    shape: readonly number[],
    around: Sides,
    zeroPoint: number,
    channelsOfPixel = roundUp(mapShape(shape)[2], OUTPUTS_OF_BLOCK),
  ): View {
    const [height, width] = mapShape(shape);
    const [top, left, bottom, right] = around;
    const pixelBytes = channelsOfPixel * this.bytes;
    const rowBytes = (left + width + right) * pixelBytes;
    const bytes = (top + height + bottom) * rowBytes;
    const buffer = this.buffer(bytes + WORD);
    const view: View = { buffer, offset: top * rowBytes + left * pixelBytes, height, width, rowBytes, pixelBytes, around };
    const fill = (from: number, length: number, rows: number): void => {
      if (length <= 0 || rows <= 0) return;
      this.step('fill', rows, {
        y: { buffer, offset: from },
        yRow: rowBytes,
        words: Math.ceil(length / WORD),
        word: this.#word(zeroPoint),
      });
      // Of pixels that are no whole words the last word reaches into the map, which is then written behind it.
      this.#surrounded = pixelBytes % WORD ? undefined : buffer;
    };
    const lastPixelEnd = view.offset + (height - 1) * rowBytes + width * pixelBytes;
    fill(0, view.offset, 1);
    fill(view.offset + width * pixelBytes, (left + right) * pixelBytes, height - 1);
    fill(lastPixelEnd, bytes - lastPixelEnd, 1);
    return view;
  }

  /** Activations that fill 32 bits. */
  #word(value: number): number {
    return value * (this.bytes === 2 ? 0x10001 : 0x1010101);
  }

  /** The value as one map of channels in their order, with at least so much around it: as it lies, or copied. */
  readable(value: Value, around: Sides = NOTHING_AROUND): View {
    const [first] = value.channels;
    const inOrder =
      first && value.channels.every((source, c) => source && source.view === first.view && source.channel === first.channel + c);
    const wideEnough = first?.view.around.every((side, i) => side >= around[i]);
    if (inOrder && wideEnough) return { ...first.view, offset: first.view.offset + first.channel * this.bytes };
    const view = this.#gathered(value, around);
    value.channels = value.channels.map((_, channel) => ({ view, channel }));
    return view;
  }

  #gathered({ height, width, channels, zeroPoint }: Value, around: Sides): View {
    const view = this.allocate([height, width, channels.length], around, zeroPoint);
    if (channels.includes(undefined)) {
      this.step('fill', height, {
        y: pointerTo(view),
        yRow: view.rowBytes,
        words: (width * view.pixelBytes) / WORD,
        word: this.#word(zeroPoint),
      });
    }
    runsOf(channels).forEach((run, i) => {
      const { view: from, channel } = channels[run.start]!;
      const parameters = {
        x: shifted(pointerTo(from), channel * this.bytes),
        xRow: from.rowBytes,
        xStep: from.pixelBytes,
        xChannel: this.bytes,
        y: shifted(pointerTo(view), run.start * this.bytes),
        yRow: view.rowBytes,
        yStep: view.pixelBytes,
        yChannel: run.step * this.bytes,
        columns: width,
        channels: run.count,
      };
      this.step('copy', height, parameters, { beside: i > 0 });
    });
    return view;
  }
}

export const shifted = ({ buffer, offset }: Pointer, by: number): Pointer => ({ buffer, offset: offset + by });

/** A shuffle's channels go to every so many-th place. */
const LARGEST_STEP = 16;

interface Run {
  start: number;
  step: number;
  count: number;
}

/** Channels that come one behind the other from one map and go to places a step apart, as long ones as there are. */
function runsOf(channels: Value['channels']): Run[] {
  const left = new Set(channels.flatMap((source, c) => (source ? [c] : [])));
  const lengthOf = (start: number, step: number): number => {
    const first = channels[start]!;
    let count = 1;
    for (let at = start + step; left.has(at); at += step, count++) {
      const source = channels[at]!;
      if (source.view !== first.view || source.channel !== first.channel + count) break;
    }
    return count;
  };
  const runs: Run[] = [];
  for (const start of left) {
    let best: Run = { start, step: 1, count: 0 };
    for (let step = 1; step <= LARGEST_STEP; step++) {
      const count = lengthOf(start, step);
      if (count > best.count) best = { start, step, count };
    }
    for (let i = 0; i < best.count; i++) left.delete(start + i * best.step);
    runs.push(best);
  }
  return runs;
}
