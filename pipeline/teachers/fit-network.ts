/** Finds the registered network that a dictionary of weights belongs to, by the names and shapes of its entries. */
import { buildNetwork, isNetworkName, networks, type Network, type Shape } from '../networks/index.ts';
import { assertStateFits, stateSpec, type EntrySpec, type NetworkState } from '../networks/state.ts';

export interface FittedNetwork {
  network: Network;
  /** True where the name was not stated. */
  found: boolean;
}

/**
 * @param stated a registered network's name; empty: every registered one is tried
 * @param shapes input shapes to try, the likeliest first
 * @throws Error in one line where none fits (with the nearest), or where several do that compute differently
 */
export function fitNetwork(state: NetworkState, stated: string, shapes: Shape[], from: string): FittedNetwork {
  if (stated !== '') return { network: statedNetwork(state, stated, shapes, from), found: false };
  for (const shape of shapes) {
    const fitting = Object.keys(networks).flatMap((name) => fitted(name, state, shape) ?? []);
    const different = distinct(fitting);
    if (different.length > 1)
      throw new Error(
        `${from} fits ${different.map(({ name }) => name).join(' and ')}, which compute differently: state which with the setting teacherNetwork, or as "network" in the JSON file beside it`,
      );
    if (different.length === 1) return { network: different[0], found: true };
  }
  throw new Error(
    `${from} fits none of the ${Object.keys(networks).length} registered networks by the names and shapes of its ${state.size} entries${nearest(state, shapes[0])}`,
  );
}

function statedNetwork(state: NetworkState, name: string, shapes: Shape[], from: string): Network {
  for (const shape of shapes) {
    const network = fitted(name, state, shape);
    if (network) return network;
  }
  const network = buildNetwork(name, { inputShape: shapes[0], classes: classCount(name, state, shapes[0]) ?? 10 });
  assertStateFits(network, state, from);
  return network;
}

/** The network, where names and shapes are exactly its own. */
function fitted(name: string, state: NetworkState, inputShape: Shape): Network | undefined {
  const classes = classCount(name, state, inputShape);
  if (classes === undefined) return undefined;
  const network = buildNetwork(name, { inputShape, classes });
  const specs = stateSpec(network);
  return specs.length === state.size && specs.every((spec) => sameShape(spec, state)) ? network : undefined;
}

const sameShape = ({ name, shape }: EntrySpec, state: NetworkState): boolean => String(state.get(name)?.shape) === String(shape);

/**
 * The number of classes by the weights: the size of the entries that grow with it. Undefined if there is none, or the network can't take
 * such images.
 */
function classCount(name: string, state: NetworkState, inputShape: Shape): number | undefined {
  const [two, three] = [2, 3].map((classes) => specsOf(name, inputShape, classes));
  if (!two || !three) return undefined;
  for (let i = 0; i < two.length; i++) {
    const dimension = two[i].shape.findIndex((size, d) => size !== three[i].shape[d]);
    if (dimension >= 0) return state.get(two[i].name)?.shape[dimension];
  }
  return undefined;
}

function specsOf(name: string, inputShape: Shape, classes: number): EntrySpec[] | undefined {
  if (!isNetworkName(name)) return undefined;
  try {
    return stateSpec(buildNetwork(name, { inputShape, classes }));
  } catch {
    return undefined; // A network of another image size or channel count.
  }
}

/** Keeps the first of networks that have several names. */
function distinct(candidates: Network[]): Network[] {
  const byGraph = new Map<string, Network>();
  for (const network of candidates) {
    const graph = JSON.stringify(network.nodes);
    if (!byGraph.has(graph)) byGraph.set(graph, network);
  }
  return [...byGraph.values()];
}

function nearest(state: NetworkState, inputShape: Shape): string {
  let best: { name: string; missing: EntrySpec[]; extra: string[] } | undefined;
  for (const name of Object.keys(networks)) {
    const specs = specsOf(name, inputShape, classCount(name, state, inputShape) ?? 10);
    if (!specs) continue;
    const missing = specs.filter((spec) => !sameShape(spec, state));
    const known = new Set(specs.map((spec) => spec.name));
    const extra = [...state.keys()].filter((entry) => !known.has(entry));
    if (!best || missing.length + extra.length < best.missing.length + best.extra.length) best = { name, missing, extra };
  }
  // Of a network that has little in common with any of ours, its own names say more.
  if (!best || best.extra.length > state.size / 2)
    return ` (${[...state.keys()].slice(0, 4).join(', ')}, …); export the model as ONNX, which brings its network`;
  const { name, missing, extra } = best;
  const reasons = [
    missing.length > 0 &&
      `${missing.length} of its entries are missing or of another shape (first "${missing[0].name}" [${missing[0].shape}]${state.has(missing[0].name) ? `, here [${state.get(missing[0].name)!.shape}]` : ''})`,
    extra.length > 0 && `${extra.length} here are not its own (first "${extra[0]}")`,
  ].filter(Boolean);
  return `; the nearest is ${name}: ${reasons.join('; ')}`;
}
