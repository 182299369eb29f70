/** A teacher that comes as a dictionary of weights, for a network of ours. */
import type { CheckpointFile } from '../weights/index.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, type Network, type Shape } from '../networks/index.ts';
import { usualSize } from '../networks/usual-size.ts';
import { classOrder } from './class-order.ts';
import { fitNetwork } from './fit-network.ts';
import { classesOf, type NetworkHandle } from './teacher-handle.ts';
import type { FittingData } from './onnx-teacher.ts';
import { completePreprocessing, type StatedPreprocessing, type TeacherStatement } from './statement.ts';

/** Sizes that networks of a fixed size come in, tried where nothing states one and the data's own does not fit. */
const USUAL_SIZES = [224, 32, 384];

/** Reads the statement in the metadata of our own checkpoints. @throws Error if that is no JSON */
export function metadataStatement(path: string, metadata: Record<string, string>): TeacherStatement {
  const parsed = <T>(key: string): T | undefined => {
    if (metadata[key] === undefined) return undefined;
    try {
      return JSON.parse(metadata[key]) as T;
    } catch (error) {
      throw new Error(`the metadata "${key}" of ${path} is not JSON`, { cause: error });
    }
  };
  const labels = parsed<string[]>('labels');
  return {
    ...(metadata.network && { network: metadata.network }),
    ...(labels && { labels }),
    preprocessing: { ...parsed<StatedPreprocessing>('normalisation'), ...parsed<StatedPreprocessing>('preprocessing') },
  };
}

/** @throws Error in one line: no network that fits, other classes than the data's, nothing that states the normalisation */
export function openNetworkTeacher(
  path: string,
  file: CheckpointFile,
  data: FittingData,
  statement: TeacherStatement,
): { handle: NetworkHandle; network: Network; found: boolean; atUsualSize: boolean } {
  const stated = statement.preprocessing ?? {};
  const { network: fitted, found } = fitNetwork(file.tensors, statement.network ?? '', shapesToTry(stated, data.inputShape), path);
  const network = atUsualSize(fitted, stated);
  const order = classOrder(path, statement.labels, network.classes, data);
  const preprocessing = completePreprocessing(path, stated, network.inputShape);
  return {
    handle: {
      kind: 'network',
      network: freeze(network, file.tensors),
      preprocessing,
      ...classesOf(data, network.classes),
      ...(order && { classOrder: order }),
    },
    network,
    found,
    atUsualSize: network !== fitted,
  };
}

/** The network at the size that its public weights were trained on, where its weights fit any size and nothing states one. */
export function atUsualSize(network: Network, { height, width }: StatedPreprocessing): Network {
  const { name, inputShape, classes, nodes } = network;
  const size = usualSize(name);
  const isOfOneSize = nodes.some(({ op }) => op === 'classToken');
  if (size === undefined || isOfOneSize || height !== undefined || width !== undefined) return network;
  if (inputShape.height === size && inputShape.width === size) return network;
  return buildNetwork(name, { inputShape: { height: size, width: size, channels: inputShape.channels }, classes });
}

/** Input shapes that weights may be for, the likeliest first. @param data whose images it is to see; absent: only the usual sizes are tried where none is stated */
export function shapesToTry(stated: StatedPreprocessing, data?: Shape): Shape[] {
  const usual = USUAL_SIZES.map((size): [number, number] => [size, size]);
  const { height = data?.height ?? stated.width, width = data?.width ?? stated.height } = stated;
  const own: [number, number][] = height !== undefined && width !== undefined ? [[height, width]] : [];
  const sizes = stated.height !== undefined || stated.width !== undefined ? own : [...own, ...usual];
  const statedChannels = stated.channels ?? stated.mean?.length;
  const channels = statedChannels !== undefined ? [statedChannels] : [...new Set([...(data ? [data.channels] : []), 3, 1])];
  return sizes.flatMap(([height, width]) => channels.map((count) => ({ height, width, channels: count })));
}
