/**
 * Holds the networks against reference vectors: state names and shapes, the number of trainable parameters, and the
 * logits of a fixed input when every state entry is filled by a rule, so that no weight file is needed.
 */
import { crc32 } from 'node:zlib';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../engines/index.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, networks } from '../networks/index.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { elementCount, stateSpec, trainableCount, type NetworkState } from '../networks/state.ts';
import { relativeDifference } from '../support/difference.ts';
import { fromTransformers } from '../weights/transformers-names.ts';
import { readReferenceFolder } from './reference-folder.ts';

export const NETWORK_TOLERANCE = 1e-4;

interface NetworkFile {
  name: string;
  /** Source of the code that made the file. */
  source: string;
  /** NCHW. */
  inputShape: [number, number, number, number];
  trainableParameters: number;
  state: [string, number[]][];
  logits: number[][];
}

export interface NetworkRow {
  file: string;
  network: string;
  parameters: number;
  /** Largest absolute difference of a logit, relative to the largest logit. */
  logitError: number;
  /** The first disagreement of names, shapes or counts; empty where there is none. */
  mismatch: string;
}

export interface NetworkVerification {
  rows: NetworkRow[];
  notCovered: string[];
  worst: number;
  tolerance: number;
  pass: boolean;
}

/** Our name of a reference's network: libraries whose names collide have a prefix here. */
function ourName({ name, source }: NetworkFile): string | undefined {
  const others: Record<string, string> = { timm: 'torchvision', transformers: 'timm' };
  const candidates = [`${source}.${name}`, ...(others[source] ? [`${others[source]}.${name}`] : [])];
  // Those whose names are ours, dashes apart.
  const plain = source.startsWith('mdistiller') || source === 'efficientnet_lite_pytorch' ? [name.replaceAll('-', '_')] : [];
  return [...plain, ...candidates].find((candidate) => Object.hasOwn(networks, candidate));
}

/** @throws Error in one line for a folder that is missing, empty or of another format. */
export function verifyNetworks(engine: Engine, folder: string): NetworkVerification {
  const rows: NetworkRow[] = [];
  const notCovered: string[] = [];
  for (const { name, content } of readReferenceFolder<NetworkFile>(folder, ['inputShape', 'state', 'logits'])) {
    const network = ourName(content);
    if (network) rows.push({ file: name, network, ...compare(engine, content, network) });
    else notCovered.push(name);
  }
  const worst = Math.max(...rows.map(({ logitError }) => logitError));
  return {
    rows,
    notCovered,
    worst,
    tolerance: NETWORK_TOLERANCE,
    pass: rows.length > 0 && worst <= NETWORK_TOLERANCE && rows.every(({ mismatch }) => mismatch === ''),
  };
}

function compare({ tf }: Engine, file: NetworkFile, name: string): Pick<NetworkRow, 'parameters' | 'logitError' | 'mismatch'> {
  const [batch, channels, height, width] = file.inputShape;
  const classes = file.logits[0].length;
  const network = buildNetwork(name, { inputShape: { height, width, channels }, classes });
  const ours = stateSpec(network).map(({ name, shape }) => `${name} [${shape}]`);
  const kept = file.state.filter(([name]) => !name.endsWith('num_batches_tracked'));
  const own: NetworkState = new Map(kept.map(([name, shape]) => [name, { shape, data: filled(name, shape) }]));
  // As they are filled by their own names, weights of transformers get ours afterwards.
  const state = fromTransformers(own, file.name) ?? own;
  const theirs = [...state].map(([name, { shape }]) => `${name} [${shape}]`);
  const missing = theirs.find((entry) => !ours.includes(entry)) ?? ours.find((entry) => !theirs.includes(entry));
  const parameters = trainableCount(network);
  if (missing) return { parameters, logitError: Infinity, mismatch: missing };
  const runner = createFrozenRunner(tf, freeze(network, state));
  const nchw = tf.tensor4d(filled('input', file.inputShape), [batch, channels, height, width]);
  const input = tf.transpose(nchw, [0, 2, 3, 1]) as Tensor4D;
  const logits = runner.logits(input);
  const logitError = relativeDifference(logits.dataSync(), file.logits.flat());
  tf.dispose([nchw, input, logits]);
  runner.dispose();
  return {
    parameters,
    logitError,
    mismatch:
      parameters === file.trainableParameters ? '' : `${parameters} trainable parameters, ${file.trainableParameters} in the reference`,
  };
}

/** The reference's rule: a hash of name and index, scaled by what kind of entry it is. */
export function filled(name: string, shape: number[]): Float32Array {
  const crc = crc32(name);
  const fanIn = elementCount(shape.slice(1));
  const valueOf = (u: number): number => {
    if (name === 'input') return (u - 0.5) * 4;
    if (name.endsWith('running_mean')) return (u - 0.5) * 0.2;
    if (name.endsWith('running_var')) return 0.8 + 0.4 * u;
    if (shape.length >= 2 && !/cls_token|pos_embed/.test(name)) return (u - 0.5) * 2 * Math.sqrt(3) * 0.5 * Math.sqrt(2 / fanIn);
    if (shape.length === 1 && name.endsWith('.weight')) return 0.8 + 0.4 * u;
    return (u - 0.5) * 0.2;
  };
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => {
    let h = (Math.imul(index + 1, 2654435761) + crc) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h = (h ^ (h >>> 16)) >>> 0;
    return valueOf(h / 2 ** 32);
  });
}
