import { AppError } from '../errors/catalogue.ts';
import {
  arrayAt,
  booleanAt,
  integerAt,
  invalid,
  numberAt,
  objectAt,
  oneOf,
  parseJsonObject,
  stringAt,
  type JsonObject,
} from './field-checks.ts';
import { FORMAT_VERSION, OLDEST_FORMAT_VERSION, type GoldenLayers, type Goldens, type Manifest, type ModelIndex } from './manifest.ts';
import { variantNames } from './variant-of.ts';
import { isGraphVariant, REQUIRED_VARIANTS, VARIANTS, type GraphVariant, type VariantName } from './variants.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const VERSION = /^[0-9a-f]{12}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Reads `manifest.json`. What is demanded here `manifest.schema.json` says as a JSON Schema: a test holds the two to the
 * same verdicts, and a change of one is a change of both.
 *
 * @throws AppError PACKAGE_FORMAT_UNSUPPORTED, or PACKAGE_MANIFEST_INVALID naming the field
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = parseJsonObject('manifest.json', bytes);
  checkFormatVersion(manifest);
  stringAt('name', manifest.name, NAME);
  stringAt('version', manifest.version, VERSION);
  stringAt('title', manifest.title);
  booleanAt('quick', manifest.quick);
  arrayAt('labels', manifest.labels, 2).forEach((label, i) => stringAt(`labels[${i}]`, label));
  checkPreprocessing(objectAt('preprocessing', manifest.preprocessing));

  const variants = objectAt('variants', manifest.variants);
  for (const name of new Set([...REQUIRED_VARIANTS, ...Object.keys(variants)]))
    checkVariant(name, objectAt(`variants.${name}`, variants[name]));
  oneOf('defaultVariant', manifest.defaultVariant, variantNames(manifest as unknown as Manifest));
  if (manifest.onnx !== undefined) {
    const onnx = objectAt('onnx', manifest.onnx);
    integerAt('onnx.opset', onnx.opset, 1);
    checkFile('onnx.model', onnx.model);
    if (onnx.int8 !== undefined) checkInt8Onnx(objectAt('onnx.int8', onnx.int8));
  }

  checkCalibration('calibration', manifest.calibration);

  const goldens = objectAt('goldens', manifest.goldens);
  checkFile('goldens.index', goldens.index);
  checkFile('goldens.pixels', goldens.pixels);
  if (goldens.layers !== undefined) checkFile('goldens.layers', goldens.layers);
  arrayAt('samples', manifest.samples).forEach((sample, i) => {
    const field = objectAt(`samples[${i}]`, sample);
    checkFile(`samples[${i}].file`, field.file);
    stringAt(`samples[${i}].label`, field.label);
  });
  arrayAt('documents', manifest.documents).forEach((file, i) => checkFile(`documents[${i}]`, file));
  for (const [name, value] of Object.entries(objectAt('metrics', manifest.metrics))) numberAt(`metrics.${name}`, value);
  objectAt('provenance', manifest.provenance);
  return manifest as unknown as Manifest;
}

/** Reads `models/index.json`; throws as `parseManifest` does. */
export function parseModelIndex(bytes: Uint8Array): ModelIndex {
  const index = parseJsonObject('index.json', bytes);
  checkFormatVersion(index);
  const packages = arrayAt('packages', index.packages, 1);
  const names = packages.map((entry, i) => {
    const field = objectAt(`packages[${i}]`, entry);
    stringAt(`packages[${i}].name`, field.name, NAME);
    stringAt(`packages[${i}].version`, field.version, VERSION);
    stringAt(`packages[${i}].title`, field.title);
    booleanAt(`packages[${i}].quick`, field.quick);
    checkFile(`packages[${i}].manifest`, field.manifest);
    return field.name;
  });
  oneOf('default', index.default, names);
  return index as unknown as ModelIndex;
}

/** Reads `goldens/index.json` and compares its lists with the manifest's labels. */
export function parseGoldens(bytes: Uint8Array, manifest: Manifest): Goldens {
  const goldens = parseJsonObject('goldens', bytes);
  const count = integerAt('goldens.count', goldens.count, 1);
  const labels = arrayAt('goldens.labels', goldens.labels);
  if (labels.length !== count) invalid('goldens.labels', `${count} indices`, labels);
  labels.forEach((label, i) => numberAt(`goldens.labels[${i}]`, label, 0, manifest.labels.length - 1));
  const logits = objectAt('goldens.logits', goldens.logits);
  const classes = manifest.labels.length;
  for (const variant of graphVariants(manifest)) checkLogits(`goldens.logits.${variant}`, logits[variant], count, classes, numberAt);
  if (Object.hasOwn(manifest.variants, 'integer')) {
    const integer = objectAt('goldens.integer', goldens.integer);
    checkLogits('goldens.integer.logits', integer.logits, count, classes, (field, value) => integerAt(field, value, -(2 ** 31)));
    oneOf('goldens.integer.tolerance', integer.tolerance, [0]);
  }
  for (const [backend, value] of Object.entries(objectAt('goldens.tolerance', goldens.tolerance))) {
    numberAt(`goldens.tolerance.${backend}`, value, 0);
  }
  if (goldens.kinds !== undefined) {
    const kinds = arrayAt('goldens.kinds', goldens.kinds);
    if (kinds.length !== count) invalid('goldens.kinds', `${count} kinds`, kinds);
    kinds.forEach((kind, i) => stringAt(`goldens.kinds[${i}]`, kind));
  }
  return goldens as unknown as Goldens;
}

/** The variants whose goldens are logits in float32. */
const graphVariants = (manifest: Pick<Manifest, 'variants'>): GraphVariant[] => variantNames(manifest).filter(isGraphVariant);

function checkLogits(
  field: string,
  value: unknown,
  count: number,
  classes: number,
  check: (field: string, value: unknown) => unknown,
): void {
  const rows = arrayAt(field, value);
  if (rows.length !== count) invalid(field, `${count} rows`, rows);
  rows.forEach((row, i) => {
    const values = arrayAt(`${field}[${i}]`, row);
    if (values.length !== classes) invalid(`${field}[${i}]`, `${classes} logits`, values);
    values.forEach((logit, k) => check(`${field}[${i}][${k}]`, logit));
  });
}

/** Reads `goldens/layers.json` and compares its lists with each other, with the goldens and with the package's variants. */
export function parseGoldenLayers(
  bytes: Uint8Array,
  { count }: Pick<Goldens, 'count'>,
  manifest: Pick<Manifest, 'variants'>,
): GoldenLayers {
  const layers = parseJsonObject('golden layers', bytes);
  const images = arrayAt('layers.images', layers.images, 1);
  images.forEach((image, i) => {
    if (integerAt(`layers.images[${i}]`, image, 0) >= count) invalid(`layers.images[${i}]`, `an index below ${count}`, image);
  });
  if (Object.hasOwn(manifest.variants, 'integer')) {
    const { activations } = objectAt('layers.integer', layers.integer);
    for (const [node, digest] of Object.entries(objectAt('layers.integer.activations', activations)))
      stringAt(`layers.integer.activations.${node}`, digest, SHA256);
  }
  const variants = objectAt('layers.variants', layers.variants);
  for (const variant of graphVariants(manifest)) {
    arrayAt(`layers.variants.${variant}`, variants[variant]).forEach((value, i) => {
      const field = `layers.variants.${variant}[${i}]`;
      const layer = objectAt(field, value);
      stringAt(`${field}.name`, layer.name);
      const length = integerAt(`${field}.length`, layer.length, 1);
      const at = arrayAt(`${field}.at`, layer.at, 1);
      at.forEach((index, k) => {
        if (integerAt(`${field}.at[${k}]`, index, 0) >= length) invalid(`${field}.at[${k}]`, `an index below ${length}`, index);
      });
      const rows = arrayAt(`${field}.values`, layer.values);
      if (rows.length !== images.length) invalid(`${field}.values`, `${images.length} rows`, rows);
      rows.forEach((row, k) => {
        const values = arrayAt(`${field}.values[${k}]`, row);
        if (values.length !== at.length) invalid(`${field}.values[${k}]`, `${at.length} numbers`, values);
        values.forEach((number, n) => numberAt(`${field}.values[${k}][${n}]`, number));
      });
    });
  }
  return layers as unknown as GoldenLayers;
}

function checkFormatVersion(document: JsonObject): void {
  const got = integerAt('formatVersion', document.formatVersion, 0);
  if (got >= OLDEST_FORMAT_VERSION && got <= FORMAT_VERSION) return;
  const expected = OLDEST_FORMAT_VERSION < FORMAT_VERSION ? `${OLDEST_FORMAT_VERSION} to ${FORMAT_VERSION}` : FORMAT_VERSION;
  const advice = got > FORMAT_VERSION ? 'update the program' : 'make the package again';
  throw new AppError('PACKAGE_FORMAT_UNSUPPORTED', { expected, got, advice });
}

function checkPreprocessing(p: JsonObject): void {
  integerAt('preprocessing.height', p.height, 1);
  integerAt('preprocessing.width', p.width, 1);
  const channels = oneOf('preprocessing.channels', p.channels, [1, 3] as const);
  oneOf('preprocessing.fit', p.fit, ['cover', 'stretch']);
  oneOf('preprocessing.filter', p.filter, ['triangle']);
  for (const name of ['mean', 'std'] as const) {
    const values = arrayAt(`preprocessing.${name}`, p[name]);
    if (values.length !== channels) invalid(`preprocessing.${name}`, `${channels} numbers`, values);
    values.forEach((value, i) => numberAt(`preprocessing.${name}[${i}]`, value, name === 'std' ? Number.MIN_VALUE : 0));
  }
}

/** A variant whose name is not in the table is a later program's: its files are checked, its format is any, and nothing computes it. */
function checkVariant(name: string, variant: JsonObject): void {
  const field = `variants.${name}`;
  if (Object.hasOwn(VARIANTS, name)) oneOf(`${field}.format`, variant.format, [VARIANTS[name as VariantName].format]);
  else stringAt(`${field}.format`, variant.format);
  checkFile(`${field}.model`, variant.model);
  const shards = arrayAt(`${field}.shards`, variant.shards, 1).map((shard, i) => checkFile(`${field}.shards[${i}]`, shard));
  const weightBytes = shards.reduce((sum, bytes) => sum + bytes, 0);
  if (variant.weightBytes !== weightBytes) invalid(`${field}.weightBytes`, `${weightBytes}, the sum of the shards`, variant.weightBytes);
  checkAccuracy(`${field}.accuracy`, variant.accuracy);
  numberAt(`${field}.agreementWithFloat32`, variant.agreementWithFloat32, 0, 1);
  if (variant.calibration !== undefined) checkVariantCalibration(`${field}.calibration`, variant.calibration);
}

function checkInt8Onnx(int8: JsonObject): void {
  checkFile('onnx.int8.model', int8.model);
  checkAccuracy('onnx.int8.accuracy', int8.accuracy);
  for (const name of ['agreementWithFloat32', 'agreementWithIntegers'] as const) numberAt(`onnx.int8.${name}`, int8[name], 0, 1);
}

function checkAccuracy(field: string, value: unknown): void {
  const accuracy = objectAt(field, value);
  numberAt(`${field}.top1`, accuracy.top1, 0, 1);
  numberAt(`${field}.top5`, accuracy.top5, 0, 1);
  integerAt(`${field}.count`, accuracy.count, 0);
}

function checkCalibration(field: string, value: unknown): JsonObject {
  const calibration = objectAt(field, value);
  numberAt(`${field}.temperature`, calibration.temperature, Number.MIN_VALUE);
  if (calibration.abstainThreshold !== null) numberAt(`${field}.abstainThreshold`, calibration.abstainThreshold, 0, 1);
  return calibration;
}

function checkVariantCalibration(field: string, value: unknown): void {
  const { errorBefore, errorAfter, abstain } = checkCalibration(field, value);
  numberAt(`${field}.errorBefore`, errorBefore, 0, 1);
  numberAt(`${field}.errorAfter`, errorAfter, 0, 1);
  if (abstain === null) return;
  const chosen = objectAt(`${field}.abstain`, abstain);
  numberAt(`${field}.abstain.allowedError`, chosen.allowedError, 0, 1);
  for (const set of ['validation', 'test']) {
    const selective = objectAt(`${field}.abstain.${set}`, chosen[set]);
    numberAt(`${field}.abstain.${set}.coverage`, selective.coverage, 0, 1);
    numberAt(`${field}.abstain.${set}.error`, selective.error, 0, 1);
    integerAt(`${field}.abstain.${set}.count`, selective.count, 0);
  }
}

/** Returns the file's size. A path that leaves the package is refused: manifests also come over the network. */
function checkFile(field: string, value: unknown): number {
  const file = objectAt(field, value);
  const path = stringAt(`${field}.path`, file.path, /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/);
  if (path.split('/').some((part) => part === '.' || part === '..')) invalid(`${field}.path`, 'a path inside the package', path);
  stringAt(`${field}.sha256`, file.sha256, SHA256);
  return integerAt(`${field}.bytes`, file.bytes, 0);
}
