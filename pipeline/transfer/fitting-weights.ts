/** Weights of one network for another: those that fit by name and shape. */
import { createRandom } from '../data/augmentation/random.ts';
import type { Network } from '../networks/index.ts';
import { elementCount, initialState, stateSpec, type NetworkState, type StateEntry } from '../networks/state.ts';

export interface FittingWeights {
  /** State of the whole network: entries that the source lacks start afresh. */
  state: NetworkState;
  /** Names of entries that were taken. */
  taken: string[];
  /** Names of entries of the network that start afresh, and why. */
  fresh: { name: string; reason: string }[];
  /** Names of entries whose weights of three colour channels were summed, for grey images. */
  summed: string[];
  /** Names of entries of the source that the network has no place for. */
  unused: string[];
}

/**
 * @param keys of the random numbers of what starts afresh
 * @param colourFactors for grey images: what a colour channel's weights are multiplied by before they are summed
 * @throws Error in one line where nothing fits
 */
export function fittingWeights(
  network: Network,
  source: NetworkState,
  from: string,
  keys: readonly number[],
  colourFactors: readonly number[] = [1, 1, 1],
): FittingWeights {
  const state = initialState(network, createRandom(...keys));
  const taken: string[] = [];
  const fresh: FittingWeights['fresh'] = [];
  const summed: string[] = [];
  for (const { name, shape } of stateSpec(network)) {
    const entry = source.get(name);
    if (!entry) fresh.push({ name, reason: 'not among them' });
    else if (network.inputShape.channels === 1 && isColour(entry, shape)) {
      state.set(name, { shape, data: greyWeights(entry, colourFactors) });
      taken.push(name);
      summed.push(name);
    } else if (String(entry.shape) !== String(shape)) fresh.push({ name, reason: `[${entry.shape}] there, [${shape}] here` });
    else {
      state.set(name, { shape, data: entry.data.slice() });
      taken.push(name);
    }
  }
  if (taken.length === 0)
    throw new Error(
      `none of the ${source.size} weights of ${from} fits ${network.name} by name and shape (first "${[...source.keys()][0]}"); --student names a network of the same family`,
    );
  const unused = [...source.keys()].filter((name) => !state.has(name));
  return { state, taken, fresh, summed, unused };
}

/** Checks whether weights `[outputs, channels, …]` are of three channels where one is expected. */
const isColour = ({ shape }: StateEntry, expected: readonly number[]): boolean =>
  expected[1] === 1 && shape[1] === 3 && String([shape[0], 1, ...shape.slice(2)]) === String(expected);

/** Weights `[outputs, 1, …]` that answer a grey image as `[outputs, 3, …]` answer it in three equal channels. */
function greyWeights({ shape: [outputs, channels], data }: StateEntry, factors: readonly number[]): Float32Array {
  const size = data.length / outputs / channels;
  return Float32Array.from({ length: outputs * size }, (_, i) => {
    const first = Math.floor(i / size) * channels * size + (i % size);
    return factors.reduce((sum, factor, channel) => sum + factor * data[first + channel * size], 0);
  });
}

/** Lines for people: what was taken and what was not. */
export function describeFitting(network: Network, from: string, { state, taken, fresh, summed, unused }: FittingWeights): string[] {
  const numbers = (names: readonly string[]): string =>
    names.reduce((sum, name) => sum + elementCount(state.get(name)!.shape), 0).toLocaleString('en');
  const listed = (names: readonly string[]): string =>
    `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`;
  return [
    `${network.name} starts from ${from}: ${taken.length} of its ${state.size} entries (${numbers(taken)} numbers) are taken from there`,
    ...(summed.length > 0 ? [`grey images: the weights of the three colour channels of ${listed(summed)} are summed`] : []),
    ...(fresh.length > 0
      ? [
          `starting afresh: ${listed(fresh.map(({ name, reason }) => `${name} (${reason})`))}, ${numbers(fresh.map(({ name }) => name))} numbers`,
        ]
      : []),
    ...(unused.length > 0 ? [`not used of ${from}: ${listed(unused)}`] : []),
  ];
}
