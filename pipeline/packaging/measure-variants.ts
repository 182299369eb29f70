/** Each variant of a student, written, run as a consumer would and measured: what decides whether it may be packaged. */
import type { Accuracy, VariantName } from '@sld-edge/runtime';
import type { ImageSet } from '../datasets/index.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { RunData } from '../training/data.ts';
import { accuracy, agreement } from '../training/evaluate.ts';
import { wasmLogits } from '../verification/wasm-logits.ts';
import { writeGraphModel, type GraphModel } from './graph-model.ts';

export const VARIANTS: VariantName[] = ['float32', 'uint8'];

export interface MeasuredVariant {
  graph: GraphModel;
  accuracy: Accuracy;
  agreementWithFloat32: number;
  /** `[images, classes]` on `wasm`. */
  testLogits: Float32Array;
  validationLogits: Float32Array;
}

/** Runs every variant on `wasm` in Node over the whole test and validation sets, both variants side by side. */
export async function measureVariants(frozen: FrozenNetwork, data: RunData): Promise<Record<VariantName, MeasuredVariant>> {
  const measured = await Promise.all(
    VARIANTS.map(async (variant) => {
      const graph = writeGraphModel(frozen, variant);
      const weights = joinShards(graph);
      const run = ({ images }: ImageSet): Promise<Float32Array> => wasmLogits({ modelJson: graph.modelJson, weights, preprocessing: data.preprocessing, images: images.handle });
      const testLogits = await run(data.test);
      const validationLogits = await run(data.validation);
      return { graph, testLogits, validationLogits, accuracy: accuracy(testLogits, data.test.labels, frozen.classes) };
    }),
  );
  const [float32, uint8] = measured.map((variant) => ({ ...variant, agreementWithFloat32: agreement(variant.testLogits, measured[0].testLogits, frozen.classes) }));
  return { float32, uint8 };
}

export interface GateResult {
  /** Percentage points of top-1 that the variant lost against float32; negative where it gained. */
  drop: number;
  allowed: number;
  pass: boolean;
}

/** The gate of `--max-drop`. */
export function accuracyGate(variants: Record<VariantName, Pick<MeasuredVariant, 'accuracy'>>, maxDrop: number): GateResult {
  const drop = 100 * (variants.float32.accuracy.top1 - variants.uint8.accuracy.top1);
  // Percentage points of counts: a hundredth of a point is one image in ten thousand.
  return { drop, allowed: maxDrop, pass: drop <= maxDrop + 1e-9 };
}

/** The weights in one piece, as a graph model's loader has them. */
export function joinShards({ shards }: GraphModel): ArrayBuffer {
  const joined = Buffer.concat(shards.map(({ bytes }) => bytes));
  return joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.byteLength) as ArrayBuffer;
}
