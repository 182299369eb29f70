/** State that the lowering of nodes to kernel calls shares: words of an image's activations, constants, where each channel lies. */
import type { ActivationBits } from '../arithmetic.ts';
import { mapShape, type Buffer } from '../plan/layout.ts';
import { GPU_KERNELS, type GpuKernelName } from './kernels.ts';
import { CHANNELS_OF_WORD, wordsOf } from './pack-weights.ts';

/** A map in a buffer, or every so many-th row and column of one. */
export interface GpuMap {
  buffer: Buffer;
  height: number;
  width: number;
  /** Words from a row to the next, from a pixel to the next. */
  rowWords: number;
  pixelWords: number;
}

/** A channel of a value: of a map, or the zero point everywhere. */
export type GpuChannel = { map: GpuMap; channel: number } | undefined;

/** Value that a node gives. Moving channels changes nothing but where each is found. */
export interface GpuValue {
  height: number;
  width: number;
  channels: GpuChannel[];
  zeroPoint: number;
}

/** A number, or the first word of a buffer. */
export type GpuParameter = number | Buffer;

/** One call of a kernel. */
export interface GpuStep {
  kernel: GpuKernelName;
  parameters: Record<string, GpuParameter>;
  threads: number;
}

/** Constants that may hold addresses, which are known when every step is. */
export interface GpuConstant {
  /** The first, in vectors of four words. */
  at: number;
  values(): ArrayBufferView;
}

const VECTOR_BYTES = 16;
const WORD_BYTES = 4;

export interface GpuPlanOptions {
  /** Keeps every node's activations, to be compared: nothing is computed on the way, no memory is used twice. */
  keepActivations?: boolean;
  /** The kernels multiply signed bytes, so that activations of 8 bits are less by 128 there. */
  packedDot: boolean;
}

export class GpuPlanner {
  readonly steps: GpuStep[] = [];
  readonly buffers: Buffer[] = [];
  readonly constants: GpuConstant[] = [];
  /** Vectors of all constants. */
  vectors = 0;
  /** Number that kernels take off each activation before they multiply it. */
  readonly offset: 0 | 128;

  readonly #keeps: boolean;

  constructor(bits: ActivationBits, { keepActivations = false, packedDot }: GpuPlanOptions) {
    this.#keeps = keepActivations;
    this.offset = packedDot && bits === 8 ? 128 : 0;
  }

  step(kernel: GpuKernelName, threads: number, parameters: Record<string, GpuParameter>): void {
    const missing = GPU_KERNELS[kernel].fields.find((field) => !(field in parameters));
    if (missing) throw new Error(`the kernel ${kernel} lacks the parameter ${missing}`);
    for (const parameter of Object.values(parameters)) {
      if (typeof parameter !== 'number') parameter.lastStep = Math.max(parameter.lastStep, this.steps.length);
    }
    this.steps.push({ kernel, parameters, threads });
  }

  /** @returns the constant's first vector */
  constant(bytes: number, values: () => ArrayBufferView): number {
    const at = this.vectors;
    this.constants.push({ at, values });
    this.vectors += Math.ceil(bytes / VECTOR_BYTES);
    return at;
  }

  known(values: ArrayBufferView): number {
    return this.constant(values.byteLength, () => values);
  }

  /** A map for the next step to write. */
  allocate(shape: readonly number[]): GpuMap {
    const [height, width, channels] = mapShape(shape);
    const pixelWords = wordsOf(channels);
    const now = this.steps.length;
    const bytes = height * width * pixelWords * WORD_BYTES;
    const buffer = { bytes, firstStep: now, lastStep: this.#keeps ? Infinity : now, address: 0 };
    this.buffers.push(buffer);
    return { buffer, height, width, pixelWords, rowWords: width * pixelWords };
  }

  /** The value as one map of channels in their order: as it lies, or copied. */
  readable(value: GpuValue): GpuMap {
    const [first] = value.channels;
    const whole =
      first &&
      first.map.rowWords === value.width * first.map.pixelWords &&
      first.map.pixelWords === wordsOf(value.channels.length) &&
      value.channels.every((source, c) => source && source.map === first.map && source.channel === c);
    if (whole) return first.map;
    const map = this.#gathered(value);
    value.channels = value.channels.map((_, channel) => ({ map, channel }));
    return map;
  }

  #gathered({ height, width, channels, zeroPoint }: GpuValue): GpuMap {
    const map = this.allocate([height, width, channels.length]);
    const table = this.constant(map.pixelWords * CHANNELS_OF_WORD * VECTOR_BYTES, () => {
      const entries = new Int32Array(map.pixelWords * CHANNELS_OF_WORD * 4).fill(-1);
      channels.forEach((source, c) => source && entries.set(entryOf(source), 4 * c));
      return entries;
    });
    // The maps are read now, although no parameter names them.
    for (const source of channels) if (source) source.map.buffer.lastStep = Math.max(source.map.buffer.lastStep, this.steps.length);
    this.step('move', height * map.rowWords, { y: map.buffer, words: map.pixelWords, columns: width, table, zeroPoint });
    return map;
  }
}

/** First word of a buffer in an image's activations. */
export const wordAddress = ({ address }: Buffer): number => address / WORD_BYTES;

const entryOf = ({ map, channel }: NonNullable<GpuChannel>): number[] => [
  wordAddress(map.buffer) + Math.floor(channel / CHANNELS_OF_WORD),
  (channel % CHANNELS_OF_WORD) * 8,
  map.rowWords,
  map.pixelWords,
];
