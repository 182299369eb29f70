/**
 * The goldens of a package: images, and what each variant must give for them. Since version 3 the outputs of each variant are
 * a binary file of their own; before, `goldens/goldens.json` held those of all.
 */
import { arrayAt, integerAt, invalid, numberAt, objectAt, oneOf, parseJsonObject, stringAt, type JsonObject } from './field-checks.ts';
import { BINARY_GOLDENS_SINCE, type Goldens, type Manifest } from './manifest.ts';
import { readVerified, type ReadFile } from './read-verified.ts';
import { isGraphVariant, type VariantName } from './variants.ts';

/** `[count][classes]`: logits of a graph model, whole numbers of an integer program. */
export type GoldenOutputs = Float32Array | Int32Array;

type About = Pick<Manifest, 'formatVersion' | 'labels' | 'goldens'>;

/**
 * Reads `goldens/goldens.json` and holds its lists against the manifest's labels.
 * @throws AppError PACKAGE_MANIFEST_INVALID naming the field
 */
export function parseGoldens(bytes: Uint8Array, { labels: classes }: Pick<Manifest, 'labels'>): Goldens {
  const goldens = parseJsonObject('goldens', bytes);
  const count = integerAt('goldens.count', goldens.count, 1);
  const labels = arrayAt('goldens.labels', goldens.labels);
  if (labels.length !== count) invalid('goldens.labels', `${count} indices`, labels);
  labels.forEach((label, i) => numberAt(`goldens.labels[${i}]`, label, 0, classes.length - 1));
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

/**
 * Reads what one variant must give; no other variant's outputs are fetched where each has a file of its own.
 *
 * @param variant of the package, or `float32`, whose outputs a package may have without the variant
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT, PACKAGE_MANIFEST_INVALID
 */
export async function readGoldens(
  readFile: ReadFile,
  manifest: About,
  variant: VariantName,
): Promise<{ goldens: Goldens; outputs: GoldenOutputs }> {
  const { goldens: files, labels } = manifest;
  if (manifest.formatVersion < BINARY_GOLDENS_SINCE) {
    const bytes = await readVerified(readFile, files.index);
    const goldens = parseGoldens(bytes, manifest);
    return { goldens, outputs: outputsInIndex(parseJsonObject('goldens', bytes), variant, goldens.count, labels.length) };
  }
  const file = files.logits?.[variant] ?? invalid(`goldens.logits.${variant}`, 'a file', undefined);
  const [index, bytes] = await Promise.all([readVerified(readFile, files.index), readVerified(readFile, file)]);
  const goldens = parseGoldens(index, manifest);
  const expected = 4 * goldens.count * labels.length;
  if (bytes.length !== expected)
    invalid(`goldens.logits.${variant}.bytes`, `${expected}, ${goldens.count} rows of ${labels.length}`, bytes.length);
  return { goldens, outputs: decodeOutputs(bytes, variant) };
}

/** Outputs as their file holds them: 4 bytes a number, little-endian. */
export function encodeOutputs(outputs: GoldenOutputs): Uint8Array {
  const view = new DataView(new ArrayBuffer(outputs.byteLength));
  const isFloat = outputs instanceof Float32Array;
  outputs.forEach((value, i) => (isFloat ? view.setFloat32(4 * i, value, true) : view.setInt32(4 * i, value, true)));
  return new Uint8Array(view.buffer);
}

/** @throws AppError PACKAGE_MANIFEST_INVALID where a logit is no finite number */
function decodeOutputs(bytes: Uint8Array, variant: VariantName): GoldenOutputs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / 4;
  if (!isGraphVariant(variant)) return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  const outputs = Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  const at = outputs.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) invalid(`goldens.logits.${variant}, number ${at}`, 'a finite number', String(outputs[at]));
  return outputs;
}

/** Reads outputs of versions 1 and 2: `logits` by graph variant, and `integer`. */
function outputsInIndex(index: JsonObject, variant: VariantName, count: number, classes: number): GoldenOutputs {
  if (isGraphVariant(variant)) {
    const logits = objectAt('goldens.logits', index.logits);
    return Float32Array.from(rowsAt(`goldens.logits.${variant}`, logits[variant], count, classes, numberAt));
  }
  const integer = objectAt('goldens.integer', index.integer);
  oneOf('goldens.integer.tolerance', integer.tolerance, [0]);
  return Int32Array.from(
    rowsAt('goldens.integer.logits', integer.logits, count, classes, (field, value) => integerAt(field, value, -(2 ** 31))),
  );
}

function rowsAt(field: string, value: unknown, count: number, classes: number, check: (field: string, value: unknown) => number): number[] {
  const rows = arrayAt(field, value);
  if (rows.length !== count) invalid(field, `${count} rows`, rows);
  return rows.flatMap((row, i) => {
    const values = arrayAt(`${field}[${i}]`, row);
    if (values.length !== classes) invalid(`${field}[${i}]`, `${classes} logits`, values);
    return values.map((logit, k) => check(`${field}[${i}][${k}]`, logit));
  });
}
