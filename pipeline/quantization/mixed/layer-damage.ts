/**
 * Measures the damage of each encoding of each layer, all other layers being float32: the mean Kullback-Leibler divergence of the softmaxed
 * logits from float32's, in nats, on calibration images. Small changes of several layers add up in it as if they were independent, which is
 * what lets a mix be chosen from single layers.
 */
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { ownNodes } from '../../networks/run-variants.ts';
import type { StorageFormat } from '../encodings.ts';
import type { Mixer } from './mixer.ts';
import { unitRelativeError, type Reader, type MixUnit } from './mix-units.ts';

export interface Choice extends StorageFormat {
  /** In the weight file, all tensors of the unit. */
  bytes: number;
  /** Nats. */
  damage: number;
  relativeError: number;
}

export interface MeasuredUnit extends MixUnit {
  /** One for each of its ways of storing, float32 first. */
  choices: Choice[];
}

/**
 * All candidates in one pass over the images, each computed from its layer on.
 * @param logits of networks on the calibration images, `[images, classes]` each
 */
export async function measureDamage(
  network: FrozenNetwork,
  units: readonly MixUnit[],
  read: Reader,
  mixer: Mixer,
  logits: (networks: FrozenNetwork[]) => Promise<Float32Array[]>,
): Promise<MeasuredUnit[]> {
  const networks = [network];
  const candidates: { unit: MixUnit; choice: Choice; at: number }[] = [];
  for (const unit of units) {
    for (const storage of unit.storages) {
      const bytes = unit.tensors.reduce((sum, tensor) => sum + read(tensor, storage).bytes, 0);
      const float32 = storage.encoding === 'float32';
      candidates.push({
        unit,
        choice: { ...storage, bytes, damage: 0, relativeError: float32 ? 0 : unitRelativeError(unit, storage, read) },
        at: float32 ? 0 : networks.length,
      });
      if (!float32) networks.push((await mixer(new Map(unit.tensors.map(({ name }) => [name, storage])))).read);
    }
  }
  const [reference, ...changed] = await logits(networks);
  for (const { choice, at } of candidates) if (at > 0) choice.damage = meanDivergence(reference, changed[at - 1], network.classes);
  return units.map((unit) => ({ ...unit, choices: candidates.filter((candidate) => candidate.unit === unit).map(({ choice }) => choice) }));
}

/** Passes of an image through the whole network that `measureDamage` takes for each image. */
export function damagePasses(network: FrozenNetwork, units: readonly MixUnit[]): number {
  const touched = (unit: MixUnit): FrozenNetwork => {
    const names = new Set(unit.tensors.map(({ name }) => name.slice(0, name.lastIndexOf('/'))));
    return { ...network, nodes: network.nodes.map((node) => (names.has(node.name) ? { ...node } : node)) };
  };
  return units.reduce(
    (sum, unit) => sum + ((unit.storages.length - 1) * ownNodes(network, touched(unit)).length) / network.nodes.length,
    1,
  );
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
