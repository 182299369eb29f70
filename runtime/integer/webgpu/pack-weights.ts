/** Weights in the order in which a kernel of WebGPU reads them. */

/** Outputs of a thread, channels of a word. */
export const CHANNELS_OF_WORD = 4;

export const wordsOf = (channels: number): number => Math.ceil(channels / CHANNELS_OF_WORD);

/** Fields of a layer that multiplies by weights: `[outputs, taps, channels / groups]`. */
interface Weighted {
  weights: Int8Array;
  bias: Int32Array;
  multiplier: Int16Array;
  shift: Uint8Array;
}

interface PackedWeights {
  /** `[taps, words, blocks of four outputs, 4 outputs, 4 channels]`. */
  weights: Int8Array;
  /** Words that a thread reads of a pixel. */
  words: number;
  /** Biases, multipliers and shifts of each block of outputs, and the first word that it reads of a pixel. */
  outputs: Int32Array;
}

/**
 * Packs the weights of a convolution. A block of four outputs reads the words that hold the channels of its groups, with weights of 0 for
 * channels of others: of a dense convolution all words, of a depthwise one a single word.
 *
 * @param offset what kernels take off each activation; the biases hold what the sums then lack
 */
export function packWeights(
  { weights, bias, multiplier, shift }: Weighted,
  { channels, groups, taps }: { channels: number; groups: number; taps: number },
  offset: 0 | 128,
): PackedWeights {
  const count = bias.length;
  const blocks = wordsOf(count);
  const inputsOfGroup = channels / groups;
  const groupOf = (output: number): number => Math.floor((output * groups) / count);
  const ranges = Array.from({ length: blocks }, (_, block) => {
    const last = Math.min(count, (block + 1) * CHANNELS_OF_WORD) - 1;
    return {
      first: Math.floor((groupOf(block * CHANNELS_OF_WORD) * inputsOfGroup) / 4),
      end: wordsOf((groupOf(last) + 1) * inputsOfGroup),
    };
  });
  const words = Math.max(...ranges.map(({ first, end }) => end - first));
  // No block reads beyond the pixel.
  const starts = ranges.map(({ first }) => Math.min(first, wordsOf(channels) - words));

  const packed = new Int8Array(taps * words * blocks * 16);
  const outputs = new Int32Array(blocks * 16);
  for (let block = 0; block < blocks; block++) {
    outputs[block * 16 + 12] = starts[block];
    // Outputs beyond the last are multiplied by 0.
    outputs.fill(17, block * 16 + 8, block * 16 + 12);
  }
  for (let o = 0, w = 0; o < count; o++) {
    const block = o >> 2;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < inputsOfGroup; i++, w++) {
        const channel = groupOf(o) * inputsOfGroup + i;
        const word = (channel >> 2) - starts[block];
        packed[(((tap * words + word) * blocks + block) * 4 + (o & 3)) * 4 + (channel & 3)] = weights[w];
        sum += weights[w];
      }
    }
    const at = block * 16 + (o & 3);
    outputs[at] = bias[o] + offset * sum;
    outputs[at + 4] = multiplier[o];
    outputs[at + 8] = shift[o];
  }
  return { weights: packed, words, outputs };
}
