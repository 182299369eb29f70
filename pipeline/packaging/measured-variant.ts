/** A variant of a student as it is written and as it was measured. */
import type { Accuracy, LoadedNetwork, VariantName } from '@sld-edge/runtime';
import type { IntegerProgram, IntegerProgramFile } from '@sld-edge/runtime/integer';
import { decodeMixedWeights, MIXED_FORMAT } from '@sld-edge/runtime/format';
import { activationChoiceText, type ActivationChoice } from '../quantization/integer/choose-bits.ts';
import type { GraphModel } from './graph-model.ts';
import { splitIntoShards, type Shard } from './shards.ts';

/** Figures that decide whether a variant may be packaged: logits `[images, classes]` on the validation images, and their accuracy. */
export interface OnValidation {
  validationLogits: Float32Array;
  validation: Accuracy;
}

/** Reported figures of a variant that was decided on: measured once, on the test images. */
interface Measured extends OnValidation {
  testLogits: Float32Array;
  accuracy: Accuracy;
  agreementWithFloat32: number;
}

export interface WrittenGraph {
  graph: GraphModel;
}

/** An integer program and its two files. */
export interface WrittenProgram {
  program: IntegerProgram;
  json: IntegerProgramFile;
  weights: Uint8Array;
  /** Choice of the bits of its activations; absent where training decided them. */
  activations?: ActivationChoice;
}

export type WrittenVariant = WrittenGraph | WrittenProgram;
export type MeasuredGraph = WrittenGraph & Measured;

/** Variants of a package to be, the optional ones if they exist. */
interface Variants<Figures> {
  float32: WrittenGraph & Figures;
  uint8: WrittenGraph & Figures;
  mixed?: WrittenGraph & Figures;
  integer?: WrittenProgram & Figures;
}

/** Written, and run on the validation images alone. */
export type CandidateVariants = Variants<OnValidation>;
export type MeasuredVariants = Variants<Measured>;

/** Entries in the order in which they were measured. */
export const entriesOf = <Figures>(variants: Variants<Figures>): [VariantName, (WrittenGraph & Figures) | (WrittenProgram & Figures)][] =>
  Object.entries(variants) as [VariantName, (WrittenGraph & Figures) | (WrittenProgram & Figures)][];

export const isGraph = <Graph extends WrittenGraph>(variant: Graph | WrittenProgram): variant is Graph => 'graph' in variant;

/** Text on the activations of an integer program, after what else is said of it; empty for others. */
export const activationsText = (variant: WrittenVariant): string =>
  isGraph(variant) || !variant.activations ? '' : `; ${activationChoiceText(variant.activations)}`;

/** Bytes of the shards. */
export const weightBytesOf = (variant: WrittenVariant): number => (isGraph(variant) ? variant.graph.weightBytes : variant.weights.length);

/** The variant's files, by name in its folder. */
export function variantFiles(variant: WrittenVariant): { model: { name: string; text: string }; shards: Shard[] } {
  if (isGraph(variant))
    return { model: { name: 'model.json', text: JSON.stringify(variant.graph.modelJson) }, shards: variant.graph.shards };
  return { model: { name: 'program.json', text: JSON.stringify(variant.json) }, shards: splitIntoShards(variant.weights) };
}

/** Network of a variant, as a package's loader has it. */
export function networkOf(variant: WrittenVariant): LoadedNetwork {
  if (!isGraph(variant)) return { kind: 'program', program: variant.program };
  const { modelJson } = variant.graph;
  const weights = joinShards(variant.graph);
  return {
    kind: 'graph',
    ...((modelJson as { format: string }).format === MIXED_FORMAT ? decodeMixedWeights(modelJson, weights) : { modelJson, weights }),
  };
}

/** The weights in one piece. */
export function joinShards({ shards }: Pick<GraphModel, 'shards'>): ArrayBuffer {
  const joined = Buffer.concat(shards.map(({ bytes }) => bytes));
  return joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.byteLength) as ArrayBuffer;
}
