/** Weights in the order in which the kernels read them. */

/**
 * Order in which a convolution's tile reads weights for a block of eight outputs: for each row of the kernel some runs of steps, for each
 * step some channels.
 */
export interface PackedForm {
  outputs: number;
  kernelRows: number;
  runs: number;
  /** Steps of a run. */
  chunks: number;
  /** Channels of a step. */
  channels: number;
  bytes: 1 | 2;
}

export const OUTPUTS_OF_BLOCK = 8;

/**
 * `[blocks][kernelRows][runs][chunks][8 outputs][channels]`.
 * @param weight of an output at a place of its run; 0 if there is none
 */
export function packWeights(
  { outputs, kernelRows, runs, chunks, channels, bytes }: PackedForm,
  weight: (output: number, row: number, run: number, position: number) => number,
): Uint8Array {
  const blocks = Math.ceil(outputs / OUTPUTS_OF_BLOCK);
  const packed = new (bytes === 2 ? Int16Array : Int8Array)(blocks * kernelRows * runs * chunks * OUTPUTS_OF_BLOCK * channels);
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    for (let row = 0; row < kernelRows; row++) {
      for (let run = 0; run < runs; run++) {
        for (let chunk = 0; chunk < chunks; chunk++) {
          for (let i = 0; i < OUTPUTS_OF_BLOCK; i++) {
            const output = block * OUTPUTS_OF_BLOCK + i;
            for (let c = 0; c < channels; c++, at++) if (output < outputs) packed[at] = weight(output, row, run, chunk * channels + c);
          }
        }
      }
    }
  }
  return new Uint8Array(packed.buffer);
}

/**
 * Packs the weights of a depthwise convolution: `[blocks][pairs of places][8 channels][2 places]`, 16 bits. @param weights `[channels,
 * places]`
 */
export function packDepthwise(weights: Int8Array, channels: number): Uint8Array {
  const places = weights.length / channels;
  const pairs = Math.ceil(places / 2);
  const blocks = Math.ceil(channels / OUTPUTS_OF_BLOCK);
  const packed = new Int16Array(blocks * pairs * OUTPUTS_OF_BLOCK * 2);
  for (let c = 0; c < channels; c++) {
    for (let place = 0; place < places; place++) {
      const block = Math.floor(c / OUTPUTS_OF_BLOCK);
      packed[((block * pairs + Math.floor(place / 2)) * OUTPUTS_OF_BLOCK + (c % OUTPUTS_OF_BLOCK)) * 2 + (place % 2)] =
        weights[c * places + place];
    }
  }
  return new Uint8Array(packed.buffer);
}

/** Numbers of 32 bits, filled up with 0 to whole blocks. */
export function packOutputs(values: ArrayLike<number>): Uint8Array {
  const packed = new Int32Array(Math.ceil(values.length / OUTPUTS_OF_BLOCK) * OUTPUTS_OF_BLOCK);
  packed.set(values as number[]);
  return new Uint8Array(packed.buffer);
}
