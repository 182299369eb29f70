/** Measures what a package's goldens state beside logits: outputs of a few layers, and how far other ways to compute them lie off. */
import { graphOf, type GoldenLayer, type GoldenLayers, type GraphVariant, type VariantName } from '@sld-edge/runtime';
import { makeIntegerGoldens } from '@sld-edge/runtime/integer';
import { imageRange } from '../data/sets/image-set.ts';
import type { ImageSet } from '../data/sets/index.ts';
import type { RunData } from '../data/run-data.ts';
import { largestDifference } from '../support/difference.ts';
import { graphOutputs } from '../evaluation/graph-logits.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { spaced } from '../support/spaced.ts';
import { defaultVariantOf } from './choose-variants.ts';
import type { MeasuredSpread } from './golden-tolerances.ts';
import { entriesOf, isGraph, networkOf, type MeasuredGraph, type MeasuredVariants } from './measured-variant.ts';
import { selectGoldens, type ChosenGolden } from './select-goldens.ts';

export interface GoldenMeasurements {
  /** Images chosen of the validation images. */
  chosen: ChosenGolden[];
  measured: MeasuredSpread;
  layers: GoldenLayers;
  /** `[chosen][classes]`, where there is an integer variant. */
  integers?: Int32Array;
}

/** Validation images on which the spread is measured, at most: the first. */
export const SPREAD_IMAGES = 256;

/** Layers, evenly from the first to the last before the logits; values of each, evenly over its output. */
const LAYERS = 6;
const VALUES = 16;

/**
 * @param packaged of the variants those that the package has: layers are recorded of these
 * @param onnx the float32 network as ONNX
 */
export async function measureGoldens(
  variants: MeasuredVariants,
  packaged: readonly VariantName[],
  onnx: Uint8Array,
  data: RunData,
): Promise<GoldenMeasurements> {
  const { validation, preprocessing } = data;
  const classes = data.labels.length;
  const count = Math.min(validation.count, SPREAD_IMAGES);
  const some = imageRange(validation, 0, count);
  const reference = ({ validationLogits }: MeasuredGraph): Float32Array => validationLogits.subarray(0, count * classes);
  const graphs = entriesOf(variants).filter((entry): entry is [GraphVariant, MeasuredGraph] => isGraph(entry[1]));

  const chosen = selectGoldens(validation, variants[defaultVariantOf(packaged)]!.validationLogits, classes);
  // One of each kind: a layer may be wrong on bright images alone.
  const images = chosen
    .map(({ kind }, i) => ({ kind, i }))
    .filter(({ kind }, i) => chosen.findIndex((golden) => golden.kind === kind) === i)
    .map(({ i }) => i);
  const layerImages = validation.images.subset(Uint32Array.from(images, (i) => chosen[i].index));

  const [withoutSimd, onnxValues, layers] = await Promise.all([
    Promise.all(
      graphs.map(async ([, variant]) => largestDifference((await run(variant, some.images, { simd: false })).logits, reference(variant))),
    ),
    logitsOf({ kind: 'onnx', model: onnx }, some.images, preprocessing),
    Promise.all(
      graphs.filter(([name]) => packaged.includes(name)).map(async ([name, variant]) => [name, await layersOf(variant)] as const),
    ),
  ]);
  const pixels = Buffer.concat(chosen.map(({ index }) => validation.images.image(index).slice()));
  const integer = variants.integer && (await makeIntegerGoldens(variants.integer.program, pixels));
  return {
    chosen,
    measured: {
      spread: { wasm: Math.max(...withoutSimd), onnx: largestDifference(onnxValues, reference(variants.float32)) },
      images: count,
    },
    layers: {
      images,
      variants: Object.fromEntries(layers) as unknown as GoldenLayers['variants'],
      ...(integer && { integer: { activations: integer.activations } }),
    },
    ...(integer && { integers: Int32Array.from(integer.logits.flat()) }),
  };

  function run({ graph }: MeasuredGraph, source: ImageSet['images'], more: { simd?: boolean; layers?: string[] }) {
    const { modelJson, weights } = graphOf({ variant: 'of goldens', network: networkOf({ graph }) });
    return graphOutputs({ modelJson, weights, preprocessing, images: source.handle, ...more });
  }

  async function layersOf(variant: MeasuredGraph): Promise<GoldenLayer[]> {
    const names = layerNames(variant.graph.modelJson);
    const { layers } = await run(variant, layerImages, { layers: names });
    return names.map((name, i) => {
      const length = layers[i].length / images.length;
      const at = spaced(length, VALUES);
      return { name, length, at, values: images.map((_, row) => at.map((index) => layers[i][row * length + index])) };
    });
  }
}

/**
 * Some of the nodes where the network narrows to one value (after the stem, after each block, the features): whatever goes
 * wrong before such a node shows in it, so the first of them that is wrong says between which two the fault lies.
 */
export function layerNames(modelJson: object): string[] {
  const { modelTopology } = modelJson as { modelTopology: { node: { name: string; op: string; input?: string[] }[] } };
  const computed = modelTopology.node.filter(({ op }) => op !== 'Const');
  const lastUse = new Map<string, number>();
  computed.forEach(({ input = [] }, i) => input.forEach((source) => lastUse.set(source, i)));
  const narrow: string[] = [];
  let needed = 0;
  computed.forEach(({ name, op }, i) => {
    // The last node that reads anything from before this one is this one.
    // A slash stands in the names of nodes inside of what is one layer of the network.
    if (needed <= i && op !== 'Placeholder' && name !== 'logits' && !name.includes('/')) narrow.push(name);
    needed = Math.max(needed, lastUse.get(name) ?? 0);
  });
  return spaced(narrow.length, LAYERS).map((i) => narrow[i]);
}
