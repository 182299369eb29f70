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
import {
  ANY_VARIANTS_SINCE,
  BINARY_GOLDENS_SINCE,
  CROP_RATIO_SINCE,
  FORMAT_VERSION,
  INDEX_FORMAT_VERSION,
  OLDEST_FORMAT_VERSION,
  type IndexEntry,
  type Manifest,
  type ModelIndex,
} from './manifest.ts';
import { variantNames } from './variant-of.ts';
import { VARIANTS, type VariantName } from './variants.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*$/;
const VERSION = /^[0-9a-f]{12}$/;
/** A digest as the documents of a package write it. */
export const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Reads `manifest.json`. What is demanded here `manifest.schema.json` says as a JSON Schema: a test holds the two to the
 * same verdicts, and a change of one is a change of both.
 *
 * @throws AppError PACKAGE_FORMAT_UNSUPPORTED, or PACKAGE_MANIFEST_INVALID naming the field
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const manifest = parseJsonObject('manifest.json', bytes);
  const formatVersion = checkFormatVersion(manifest, FORMAT_VERSION);
  stringAt('name', manifest.name, NAME);
  stringAt('version', manifest.version, VERSION);
  stringAt('title', manifest.title);
  booleanAt('quick', manifest.quick);
  arrayAt('labels', manifest.labels, 2).forEach((label, i) => stringAt(`labels[${i}]`, label));
  checkPreprocessing(objectAt('preprocessing', manifest.preprocessing), formatVersion);

  const variants = objectAt('variants', manifest.variants);
  const required = formatVersion < ANY_VARIANTS_SINCE ? ['float32', 'uint8'] : [];
  for (const name of new Set([...required, ...Object.keys(variants)]))
    checkVariant(name, objectAt(`variants.${name}`, variants[name]), formatVersion);
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
  if (formatVersion >= BINARY_GOLDENS_SINCE) {
    const logits = objectAt('goldens.logits', goldens.logits);
    for (const name of new Set([...variantNames(manifest as unknown as Manifest), ...Object.keys(logits)]))
      checkFile(`goldens.logits.${name}`, logits[name]);
  }
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
  checkFormatVersion(index, INDEX_FORMAT_VERSION);
  const packages = arrayAt('packages', index.packages, 1);
  const names = packages.map((entry, i) => {
    const field = objectAt(`packages[${i}]`, entry);
    stringAt(`packages[${i}].name`, field.name, NAME);
    stringAt(`packages[${i}].version`, field.version, VERSION);
    stringAt(`packages[${i}].title`, field.title);
    booleanAt(`packages[${i}].quick`, field.quick);
    checkFile(`packages[${i}].manifest`, field.manifest);
    if (field.needed !== undefined)
      arrayAt(`packages[${i}].needed`, field.needed).forEach((path, j) => checkPath(`packages[${i}].needed[${j}]`, path));
    return field.name;
  });
  oneOf('default', index.default, names);
  if (index.aliases !== undefined) checkAliases(objectAt('aliases', index.aliases), packages as unknown as IndexEntry[]);
  return index as unknown as ModelIndex;
}

function checkAliases(aliases: JsonObject, packages: readonly IndexEntry[]): void {
  const targets = packages.flatMap(({ name, version }) => [name, `${name}@${version}`]);
  for (const [alias, target] of Object.entries(aliases)) {
    stringAt(`aliases: the name "${alias}"`, alias, NAME);
    if (targets.includes(alias)) invalid(`aliases.${alias}`, 'a name that no package has', alias);
    oneOf(`aliases.${alias}`, target, targets);
  }
}

function checkFormatVersion(document: JsonObject, newest: number): number {
  const got = integerAt('formatVersion', document.formatVersion, 0);
  if (got >= OLDEST_FORMAT_VERSION && got <= newest) return got;
  const expected = `${OLDEST_FORMAT_VERSION} to ${newest}`;
  const advice = got > newest ? 'update the program' : 'make the package again';
  throw new AppError('PACKAGE_FORMAT_UNSUPPORTED', { expected, got, advice });
}

function checkPreprocessing(p: JsonObject, formatVersion: number): void {
  integerAt('preprocessing.height', p.height, 1);
  integerAt('preprocessing.width', p.width, 1);
  const channels = oneOf('preprocessing.channels', p.channels, [1, 3] as const);
  const fit = oneOf('preprocessing.fit', p.fit, ['cover', 'stretch'] as const);
  if (p.cropRatio !== undefined) {
    const ratio = numberAt('preprocessing.cropRatio', p.cropRatio, Number.MIN_VALUE);
    if (ratio > 1 || fit !== 'cover') invalid('preprocessing.cropRatio', 'a number above 0 to 1, with fit cover', ratio);
    if (formatVersion < CROP_RATIO_SINCE) invalid('preprocessing.cropRatio', `nothing before format version ${CROP_RATIO_SINCE}`, ratio);
  }
  oneOf('preprocessing.filter', p.filter, ['triangle']);
  for (const name of ['mean', 'std'] as const) {
    const values = arrayAt(`preprocessing.${name}`, p[name]);
    if (values.length !== channels) invalid(`preprocessing.${name}`, `${channels} numbers`, values);
    values.forEach((value, i) => numberAt(`preprocessing.${name}[${i}]`, value, name === 'std' ? Number.MIN_VALUE : 0));
  }
}

/** A variant whose name is not in the table is a later program's: its files are checked, its format is any, and nothing computes it. */
function checkVariant(name: string, variant: JsonObject, formatVersion: number): void {
  const field = `variants.${name}`;
  if (Object.hasOwn(VARIANTS, name)) oneOf(`${field}.format`, variant.format, [VARIANTS[name as VariantName].format]);
  else stringAt(`${field}.format`, variant.format);
  checkFile(`${field}.model`, variant.model);
  const shards = arrayAt(`${field}.shards`, variant.shards, 1).map((shard, i) => checkFile(`${field}.shards[${i}]`, shard));
  const weightBytes = shards.reduce((sum, bytes) => sum + bytes, 0);
  if (variant.weightBytes !== weightBytes) invalid(`${field}.weightBytes`, `${weightBytes}, the sum of the shards`, variant.weightBytes);
  const needsAccuracy = formatVersion < ANY_VARIANTS_SINCE || variant.agreement === undefined;
  if (needsAccuracy || variant.accuracy !== undefined) checkAccuracy(`${field}.accuracy`, variant.accuracy);
  if (variant.agreement !== undefined) checkAccuracy(`${field}.agreement`, variant.agreement);
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
  const { errorBefore, errorAfter, abstain, flawlessValidation } = checkCalibration(field, value);
  if (flawlessValidation !== undefined) oneOf(`${field}.flawlessValidation`, flawlessValidation, [true]);
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
  checkPath(`${field}.path`, file.path);
  stringAt(`${field}.sha256`, file.sha256, SHA256);
  return integerAt(`${field}.bytes`, file.bytes, 0);
}

function checkPath(field: string, value: unknown): void {
  const path = stringAt(field, value, /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/);
  if (path.split('/').some((part) => part === '.' || part === '..')) invalid(field, 'a path inside the package', path);
}
