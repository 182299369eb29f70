/**
 * The variants that a package may have: sets of weights of the same network. A further one is a line here, a way to write it in
 * `pipeline/packaging/variant-writers.ts`, and where its format is a new one a way to load it in `load.ts`.
 */

/**
 * Formats by which a variant's files are read:
 * - `tfjs-graph-model`: `model.json` and shards that stock `tf.loadGraphModel` opens;
 * - `sld-edge-graph-model`: the same document with weights stored in ways that stock TensorFlow.js does not read;
 * - `sld-edge-integer`: `program.json` and shards, a network in integers alone (docs/integer-arithmetic.md).
 */
export type VariantFormat = 'tfjs-graph-model' | 'sld-edge-graph-model' | 'sld-edge-integer';

interface VariantKind {
  format: VariantFormat;
  /** Folder in the package with its files. */
  folder: string;
  /** One line for people. */
  about: string;
}

export const VARIANTS = {
  float32: { format: 'tfjs-graph-model', folder: 'tfjs/float32', about: 'the network as it was trained' },
  uint8: { format: 'tfjs-graph-model', folder: 'tfjs/uint8', about: 'weights of 8 bits with one scale a tensor, computed in float32' },
  mixed: {
    format: 'sld-edge-graph-model',
    folder: 'tfjs/mixed',
    about: 'each layer’s weights as finely as it needs them, computed in float32',
  },
  integer: { format: 'sld-edge-integer', folder: 'integer', about: 'activations of 7 or 8 bits, weights of 8, computed in integers alone' },
} as const satisfies Record<string, VariantKind>;

export type VariantName = keyof typeof VARIANTS;

/** Variants that are graph models once they are loaded: float32 arithmetic, goldens within a tolerance. */
export type GraphVariant = {
  [Name in VariantName]: (typeof VARIANTS)[Name]['format'] extends 'sld-edge-integer' ? never : Name;
}[VariantName];

export const VARIANT_NAMES = Object.keys(VARIANTS) as VariantName[];

/** Formats of graph models: whatever runs one runs both, since the loader gives both as stock TensorFlow.js takes them. */
export const GRAPH_FORMATS: readonly VariantFormat[] = ['tfjs-graph-model', 'sld-edge-graph-model'];

export const isGraphVariant = (name: VariantName): name is GraphVariant => GRAPH_FORMATS.includes(VARIANTS[name].format);
