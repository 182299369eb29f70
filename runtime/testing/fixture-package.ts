import { normalise } from '../image/index.ts';
import { makeIntegerGoldens } from '../integer/goldens.ts';
import { writeIntegerProgram } from '../integer/program-file.ts';
import {
  FORMAT_VERSION,
  INDEX_FORMAT_VERSION,
  type FileEntry,
  type GoldenLayers,
  type Manifest,
  type ModelIndex,
} from '../package/manifest.ts';
import { sha256Hex } from '../package/sha256.ts';
import { FIXTURE_INPUT, FIXTURE_LABELS, fixtureLogits, fixtureModelJson, fixtureWeights } from './fixture-graph.ts';
import { writeFixtureGoldens, type FixtureGoldens } from './fixture-goldens.ts';
import { fixtureProgram } from './fixture-program.ts';

/** A whole package in memory: path to bytes, `manifest.json` included. */
export interface FixturePackage {
  name: string;
  version: string;
  files: Map<string, Uint8Array>;
  manifestEntry: FileEntry;
}

export interface FixtureOptions {
  name?: string;
  /** 12 hexadecimal digits. */
  version?: string;
  /** Default: the newest. */
  formatVersion?: number;
  /** Another one gives other weights, in files of the same sizes. Default 0. */
  weightsPhase?: number;
  /** True: the package has the integer variant. */
  integer?: boolean;
  /**
   * True: the package has all that few tests need: every variant, an ONNX file (bytes that no test runs), a sample, a card, layers (made
   * up).
   */
  everyKind?: boolean;
  /** Changes the goldens before they are hashed: a package that is intact and whose answers are wrong. */
  changeGoldens?: (goldens: FixtureGoldens) => void;
  /** Changes the manifest before it is written. */
  changeManifest?: (manifest: Manifest) => void;
}

const GOLDEN_COUNT = 3;
/** Float32 sums of at most 9 products of order 1; measured on wasm: below 1e-6. */
const TOLERANCE = 1e-5;

export async function createFixturePackage(options: FixtureOptions = {}): Promise<FixturePackage> {
  const { name = 'shapes', version = '0123456789ab', formatVersion = FORMAT_VERSION, weightsPhase = 0 } = options;
  const files = new Map<string, Uint8Array>();
  const add = async (path: string, bytes: Uint8Array): Promise<FileEntry> => {
    files.set(path, bytes);
    return { path, bytes: bytes.length, sha256: await sha256Hex(bytes) };
  };

  const preprocessing: Manifest['preprocessing'] = { ...FIXTURE_INPUT, fit: 'cover', filter: 'triangle', mean: [0.5], std: [0.25] };
  const goldenPixels = Uint8Array.from(
    { length: GOLDEN_COUNT * FIXTURE_INPUT.height * FIXTURE_INPUT.width },
    (_, i) => (i * 37 + ((i * i) % 11) * 20) % 256,
  );
  const goldenInput = normalise(goldenPixels, preprocessing);
  const inputLength = goldenInput.length / GOLDEN_COUNT;

  const outputs: FixtureGoldens['outputs'] = {};
  const variants = {} as Manifest['variants'];
  const measured = { accuracy: { top1: 0.75, top5: 1, count: 4 }, agreementWithFloat32: 1 };
  const paths = ['weights-1of2.bin', 'weights-2of2.bin'];
  /** Two, so that their order matters. */
  const addShards = async (folder: string, bytes: Uint8Array): Promise<FileEntry[]> => {
    const cut = Math.floor(bytes.length / 2);
    return [await add(`${folder}/${paths[0]}`, bytes.subarray(0, cut)), await add(`${folder}/${paths[1]}`, bytes.subarray(cut))];
  };
  for (const variant of ['float32', 'uint8'] as const) {
    const weights = fixtureWeights(variant, weightsPhase);
    const bytes = join(weights.map((weight) => weight.bytes));
    const shards = await addShards(`tfjs/${variant}`, bytes);
    const model = await add(`tfjs/${variant}/model.json`, encodeJson(fixtureModelJson(weights, paths)));
    outputs[variant] = Array.from({ length: GOLDEN_COUNT }, (_, i) =>
      fixtureLogits(goldenInput.subarray(i * inputLength, (i + 1) * inputLength), weights),
    );
    variants[variant] = { format: 'tfjs-graph-model', model, shards, weightBytes: bytes.length, ...measured };
  }

  const program = fixtureProgram(weightsPhase);
  const integerGoldens = options.integer || options.everyKind ? await makeIntegerGoldens(program, goldenPixels) : undefined;
  if (integerGoldens) {
    const { json, weights } = await writeIntegerProgram(program);
    outputs.integer = integerGoldens.logits;
    variants.integer = {
      format: 'sld-edge-integer',
      model: await add('integer/program.json', encodeJson(json)),
      shards: await addShards('integer', weights),
      weightBytes: weights.length,
      ...measured,
    };
  }

  const goldens: FixtureGoldens = { count: GOLDEN_COUNT, labels: [0, 1, 2], outputs, tolerance: { wasm: TOLERANCE, webgpu: 1e-3 } };
  options.changeGoldens?.(goldens);
  const manifest: Manifest = {
    formatVersion,
    name,
    version,
    title: 'Shapes (test fixture)',
    quick: true,
    labels: FIXTURE_LABELS,
    preprocessing,
    variants,
    defaultVariant: 'uint8',
    calibration: { temperature: 2, abstainThreshold: null },
    goldens: await writeFixtureGoldens(goldens, goldenPixels, formatVersion, add),
    samples: [],
    documents: [await add('report.html', new TextEncoder().encode('<!doctype html><title>Fixture</title>'))],
    metrics: {},
    provenance: {},
  };
  if (options.everyKind) {
    const text = (content: string): Uint8Array => new TextEncoder().encode(`${content} of ${version}`);
    const measured = { accuracy: { top1: 1, top5: 1, count: 2 }, agreementWithFloat32: 1, agreementWithIntegers: 1 };
    manifest.onnx = {
      opset: 17,
      model: await add('onnx/model.onnx', text('a network')),
      int8: { model: await add('onnx/model-int8.onnx', text('its integers')), ...measured },
    };
    manifest.samples = [{ file: await add('samples/00-circle.png', text('a picture')), label: 'circle' }];
    const layer = { name: 'conv', length: 48, at: [0, 47], values: [[0.25, 0.5]] };
    const layers: GoldenLayers = {
      images: [1],
      variants: { float32: [layer], uint8: [layer] },
      integer: { activations: integerGoldens!.activations },
    };
    manifest.goldens.layers = await add('goldens/layers.json', encodeJson(layers));
    manifest.documents.push(await add('card.md', text('a card')));
  }
  options.changeManifest?.(manifest);
  const manifestEntry = await add('manifest.json', encodeJson(manifest));
  return { name, version, files, manifestEntry: { ...manifestEntry, path: `${name}/${version}/manifest.json` } };
}

/** `index.json` over packages, the first one's name the default. */
export function fixtureIndex(packages: FixturePackage[]): ModelIndex {
  return {
    formatVersion: INDEX_FORMAT_VERSION,
    default: packages[0].name,
    packages: packages.map(({ name, version, manifestEntry }) => ({
      name,
      version,
      title: 'Shapes (test fixture)',
      quick: true,
      manifest: manifestEntry,
    })),
  };
}

/** A `ReadFile` over the package in memory; a path that is not there rejects. */
export function readFixture(pkg: FixturePackage): (path: string) => Promise<Uint8Array> {
  return async (path) => {
    const bytes = pkg.files.get(path);
    if (!bytes) throw new Error('no such file');
    return bytes;
  };
}

export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function join(parts: Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
