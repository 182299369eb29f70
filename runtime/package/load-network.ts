import { AppError } from '../errors/catalogue.ts';
import { programPart } from '../errors/program-part.ts';
import { readIntegerProgram } from '../integer/program-file.ts';
import type { IntegerProgram } from '../integer/program.ts';
import { invalid, parseJsonObject, type JsonObject } from './field-checks.ts';
import type { Manifest, Variant } from './manifest.ts';
import type { VariantFormat } from './variants.ts';

/** A variant's network, ready for a backend that computes its format. Plain data: threads may hand it on. */
export type LoadedNetwork = LoadedGraph | LoadedProgram;

export interface LoadedGraph {
  kind: 'graph';
  /** The graph as tfjs's `model.json` holds it. */
  modelJson: object;
  /** All of its weights in order. */
  weights: ArrayBuffer;
}

export interface LoadedProgram {
  kind: 'program';
  /** Checked (`checkProgram`). */
  program: IntegerProgram;
}

type Readers = Record<
  VariantFormat,
  (path: string, json: JsonObject, weights: ArrayBuffer, manifest: Manifest) => LoadedNetwork | Promise<LoadedNetwork>
>;

const readers: Readers = {
  'tfjs-graph-model': (path, json, weights) => ({ kind: 'graph', modelJson: requireGraph(path, json, 'graph-model'), weights }),
  'sld-edge-graph-model': async (path, json, weights) => {
    const { decodeMixedWeights } = await programPart('the reader of mixed weights', import('./mixed-weights.ts'));
    const decoded = decodeMixedWeights(json, weights, path);
    return { kind: 'graph', modelJson: requireGraph(path, decoded.modelJson as JsonObject, 'graph-model'), weights: decoded.weights };
  },
  'sld-edge-integer': readProgram,
};

/**
 * @param bytes of the variant's `model`, verified
 * @param weights its shards in order, verified
 * @throws AppError PACKAGE_MANIFEST_INVALID naming the file and what is wrong with it
 */
export async function readNetwork(
  { format, model: { path } }: Variant,
  bytes: Uint8Array,
  weights: ArrayBuffer,
  manifest: Manifest,
): Promise<LoadedNetwork> {
  return readers[format](path, parseJsonObject(path, bytes), weights, manifest);
}

function requireGraph(path: string, graph: JsonObject, format: string): JsonObject {
  if (graph.format !== format) invalid(`${path}: format`, JSON.stringify(format), graph.format);
  if (typeof graph.modelTopology !== 'object') invalid(`${path}: modelTopology`, 'an object', graph.modelTopology);
  if (!Array.isArray(graph.weightsManifest)) invalid(`${path}: weightsManifest`, 'a list', graph.weightsManifest);
  return graph;
}

async function readProgram(
  path: string,
  json: JsonObject,
  weights: ArrayBuffer,
  { preprocessing, labels }: Manifest,
): Promise<LoadedProgram> {
  const program = await readIntegerProgram(json, new Uint8Array(weights)).catch((error: unknown) => {
    const got = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'PACKAGE_MANIFEST_INVALID',
      { field: path, expected: 'an integer program that can be computed', got },
      { cause: error },
    );
  });
  const { height, width, channels } = preprocessing;
  const input = program.nodes[0].shape;
  if (String(input) !== String([height, width, channels]))
    invalid(`${path}: nodes[0].shape`, `[${height},${width},${channels}], as the preprocessing makes inputs`, input);
  const outputs = program.nodes.at(-1)!.shape;
  if (outputs[0] !== labels.length) invalid(`${path}: the last node's shape`, `[${labels.length}], one for each label`, outputs);
  return { kind: 'program', program };
}

/** The graph of a variant that must be one. @throws Error in one line of any other */
export function graphOf({ variant, network }: { variant: string; network: LoadedNetwork }): LoadedGraph {
  if (network.kind !== 'graph') throw new Error(`the variant ${variant} is no graph model`);
  return network;
}
