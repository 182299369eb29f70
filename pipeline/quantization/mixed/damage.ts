/**
 * What each encoding of each layer does to the network's answers, all other layers being float32: the mean Kullback-Leibler
 * divergence of the softmaxed logits from float32's, in nats, on calibration images. Small changes of several layers add up
 * in it as if they were independent, which is what lets a mix be chosen from single layers.
 */
import { withTensors } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import type { EncodingName } from '../encodings/index.ts';
import { unitRelativeError, type Reader, type Unit } from './units.ts';

export interface Choice {
  encoding: EncodingName;
  /** In the weight file, all tensors of the unit. */
  bytes: number;
  /** Nats. */
  damage: number;
  relativeError: number;
}

export interface MeasuredUnit extends Unit {
  /** Of each of its encodings, float32 first. */
  choices: Choice[];
}

/**
 * @param logits of a network on the calibration images, `[images, classes]`
 * @param onProgress told the fraction that is done
 */
export async function measureDamage(network: FrozenNetwork, units: Unit[], read: Reader, logits: (network: FrozenNetwork) => Promise<Float32Array>, onProgress: (fraction: number, what: string) => void = () => {}): Promise<MeasuredUnit[]> {
  const reference = await logits(network);
  const total = units.reduce((sum, { encodings }) => sum + encodings.length - 1, 0);
  let done = 0;
  const measured: MeasuredUnit[] = [];
  for (const unit of units) {
    const own = new Set(unit.tensors.map(({ name }) => name));
    const choices: Choice[] = [];
    for (const encoding of unit.encodings) {
      const bytes = unit.tensors.reduce((sum, tensor) => sum + read(tensor, encoding).bytes, 0);
      if (encoding === 'float32') {
        choices.push({ encoding, bytes, damage: 0, relativeError: 0 });
        continue;
      }
      const changed = await logits(withTensors(network, (tensor) => (own.has(tensor.name) ? read(tensor, encoding).values : undefined)));
      choices.push({ encoding, bytes, damage: meanDivergence(reference, changed, network.classes), relativeError: unitRelativeError(unit, encoding, read) });
      onProgress(++done / total, `${unit.name} as ${encoding}`);
    }
    measured.push({ ...unit, choices });
  }
  return measured;
}

/** Σ p ln(p / q) of each row's softmaxes, p of `reference`; its mean over the rows, in nats. */
export function meanDivergence(reference: Float32Array, changed: Float32Array, classes: number): number {
  let sum = 0;
  for (let start = 0; start < reference.length; start += classes) {
    const [p, q] = [reference, changed].map((logits) => logSoftmax(logits.subarray(start, start + classes)));
    for (let c = 0; c < classes; c++) sum += Math.exp(p[c]) * (p[c] - q[c]);
  }
  // Never negative but for rounding.
  return Math.max(0, (sum * classes) / reference.length);
}

function logSoftmax(row: Float32Array): Float64Array {
  const most = row.reduce((largest, value) => Math.max(largest, value), -Infinity);
  let sum = 0;
  for (const value of row) sum += Math.exp(value - most);
  return Float64Array.from(row, (value) => value - most - Math.log(sum));
}
