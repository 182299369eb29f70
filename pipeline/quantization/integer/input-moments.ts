/** Covariances of what a layer's outputs see of its inputs, by calibration images: at places spread evenly over images and maps. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { sidesOf, type Padding } from '../../engines/padding.ts';
import { elementCount } from '../../networks/state.ts';
import { realBatch, type Activations } from './activations.ts';
import type { InputMoments } from './round-rows.ts';
import { FEW_WEIGHTS } from './weight-grid.ts';

/** Part of the inputs that an output sees: a window of the channels of its group; all of a vector. */
export interface LayerWindow {
  kernel: number;
  stride: number;
  padding: Padding;
  groups: number;
  /** Shape of the output. */
  shape: readonly number[];
}

/** Places that statistics are taken from: of a whole layer, and of each group where there are several. */
const PLACES = 8192;
const PLACES_OF_GROUPS = 512;

/** Most inputs of a block, and about how many operations rounding by blocks may take: for each weight as many as its block has inputs. */
const LARGEST_BLOCK = 1536;
const OPERATIONS = 2 ** 32;
/** Places for each input of a block from which on its drift is known. */
const PLACES_PER_INPUT = 4;

/** Moments of each group, in blocks of inputs: of no more than there are places, for their covariances would be chance. @param real inputs of the float network @param rounded the same in the program */
export async function inputMoments(tf: Tfjs, window: LayerWindow, real: Activations, rounded: Activations): Promise<InputMoments[][]> {
  const { kernel, groups, shape } = window;
  const wanted = groups === 1 ? PLACES : PLACES_OF_GROUPS;
  const y = readPlaces(window, rounded, wanted);
  const drift = readPlaces(window, real, wanted);
  for (let i = 0; i < drift.length; i++) drift[i] -= y[i];
  const size = (kernel ** 2 * real.shape.at(-1)!) / groups;
  const places = y.length / (size * groups);
  if (groups > 1)
    return Array.from({ length: groups }, (_, group) => {
      const [from, to] = [group, group + 1].map((edge) => edge * places * size);
      return [groupMoments(centred(y.subarray(from, to), size), centred(drift.subarray(from, to), size), size)];
    });
  const [ofY, ofDrift] = [y, drift].map((rows) => centred(rows, size));
  const most = Math.max(FEW_WEIGHTS, Math.min(LARGEST_BLOCK, places, Math.floor(OPERATIONS / (size * shape.at(-1)!))));
  const blocks = Math.ceil(size / most);
  const made: InputMoments[] = [];
  for (let b = 0; b < blocks; b++) {
    const [from, to] = [b, b + 1].map((edge) => Math.floor((edge * size) / blocks));
    made.push(await blockMoments(tf, ofY, ofDrift, places, size, from, to));
  }
  return [made];
}

/** @returns `[groups, places, kernel, kernel, channels of the group]` */
function readPlaces({ kernel, stride, padding, groups, shape }: LayerWindow, inputs: Activations, wanted: number): Float32Array {
  const [height, width, channels] = inputs.shape.length === 3 ? inputs.shape : [1, 1, elementCount(inputs.shape)];
  const [rows, columns] = shape.length === 3 ? shape : [1, 1];
  const [top, left] = sidesOf(padding);
  const imageSize = height * width * channels;
  const images = inputs.batches.reduce((sum, { length }) => sum + length / imageSize, 0);
  const perImage = Math.min(rows * columns, Math.ceil(wanted / images));
  const own = channels / groups;
  const size = kernel * kernel * own;
  const places = images * perImage;
  const out = new Float32Array(places * size * groups);
  let at = 0;
  for (let batch = 0, image = 0; batch < inputs.batches.length; batch++) {
    const values = realBatch(inputs, batch);
    for (let first = 0; first < values.length; first += imageSize, image++) {
      // Other places in each image: multiples of the golden section are spread evenly.
      const start = (image * GOLDEN) % 1;
      for (let i = 0; i < perImage; i++, at += size) {
        const place = Math.floor(((i + start) * rows * columns) / perImage);
        const [y, x] = [Math.floor(place / columns) * stride - top, (place % columns) * stride - left];
        for (let ky = 0; ky < kernel; ky++)
          for (let kx = 0; kx < kernel; kx++) {
            if (y + ky < 0 || y + ky >= height || x + kx < 0 || x + kx >= width) continue;
            const from = first + ((y + ky) * width + x + kx) * channels;
            const to = at + (ky * kernel + kx) * own;
            for (let c = 0, g = 0; g < groups; g++)
              for (let end = c + own, p = to + g * places * size; c < end; c++, p++) out[p] = values[from + c];
          }
      }
    }
  }
  return out;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Takes the mean of each column away, in place. */
function centred(rows: Float32Array, width: number): Float32Array {
  const means = new Float64Array(width);
  const count = rows.length / width;
  for (let at = 0; at < rows.length; at += width) for (let i = 0; i < width; i++) means[i] += rows[at + i];
  for (let i = 0; i < width; i++) means[i] /= count;
  for (let at = 0; at < rows.length; at += width) for (let i = 0; i < width; i++) rows[at + i] -= means[i];
  return rows;
}

async function blockMoments(
  tf: Tfjs,
  y: Float32Array,
  drift: Float32Array,
  places: number,
  width: number,
  from: number,
  to: number,
): Promise<InputMoments> {
  const size = to - from;
  const columns = (rows: Float32Array): Tensor2D => tf.slice(tf.tensor2d(rows, [places, width]), [0, from], [places, size]);
  const product = async (a: Float32Array): Promise<Float64Array> => {
    const made = tf.tidy(() => tf.matMul(tf.transpose(columns(a)) as Tensor2D, columns(y)));
    const values = Float64Array.from((await made.data()) as Float32Array, (sum) => sum / places);
    made.dispose();
    return values;
  };
  const known = places >= PLACES_PER_INPUT * size;
  return { size, covariance: await product(y), ...(known && { drift: await product(drift) }) };
}

function groupMoments(y: Float32Array, drift: Float32Array, size: number): InputMoments {
  const [covariance, mixed] = [new Float64Array(size * size), new Float64Array(size * size)];
  const places = y.length / size;
  for (let at = 0; at < y.length; at += size) {
    for (let i = 0; i < size; i++) {
      const [own, moved] = [y[at + i] / places, drift[at + i] / places];
      const row = i * size;
      for (let j = 0; j < size; j++) {
        covariance[row + j] += own * y[at + j];
        mixed[row + j] += moved * y[at + j];
      }
    }
  }
  return { size, covariance, drift: mixed };
}
