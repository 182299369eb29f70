/** A measured student becomes a package: all files beside, then one rename; nothing half-written is ever in `models/`. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import {
  FORMAT_VERSION,
  isGraphVariant,
  VARIANT_NAMES,
  VARIANTS,
  type FileEntry,
  type Goldens,
  type Int8OnnxModel,
  type Manifest,
  type Variant,
  type VariantCalibration,
  type VariantName,
} from '@sld-edge/runtime';
import { calibrateVariant } from '../evaluation/calibrate-variant.ts';
import { OPSET } from '../networks/operations/onnx-def.ts';
import type { PackageInput } from './package-input.ts';
import { modelCard } from './model-card.ts';
import { htmlReport } from './report.ts';
import { sha256 } from '../support/sha256.ts';
import { refuseTracked } from '../support/tracked-files.ts';
import { temporaryName } from '../support/atomic-write.ts';
import type { RunData } from '../data/run-data.ts';
import { dropOf } from './choose-variants.ts';
import { goldenTolerances, selectGoldens } from './goldens.ts';
import type { MeasuredInt8Onnx } from './measure-int8-onnx.ts';
import { variantFiles, weightBytesOf } from './measured-variant.ts';
import { addToIndex, readModelIndex } from './model-index.ts';
import { published } from './settings.ts';
import type { StudentRecord } from './student.ts';

const DEFAULT_VARIANT = 'uint8' satisfies VariantName;

/** @returns the package's folder and manifest. Writing the same package again changes nothing. */
export async function writePackage(made: PackageInput): Promise<{ folder: string; manifest: Manifest }> {
  const input = { ...made, record: publishedRecord(made.record) };
  const { data, record, variants } = input;
  const { name, quick } = record.configuration;
  // A broken index is found out before anything is written.
  readModelIndex(input.modelsFolder);
  const files = new Map<string, Uint8Array>();
  const entries: FileEntry[] = [];
  const add = (path: string, content: Uint8Array | string): FileEntry => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    files.set(path, bytes);
    const entry = { path, bytes: bytes.length, sha256: sha256(bytes) };
    entries.push(entry);
    return entry;
  };

  const int8Entry = ({ model, accuracy, agreementWithFloat32, agreementWithIntegers }: MeasuredInt8Onnx): Int8OnnxModel => ({
    model: add('onnx/model-int8.onnx', model),
    accuracy,
    agreementWithFloat32,
    agreementWithIntegers,
  });
  const classes = data.labels.length;
  const names = VARIANT_NAMES.filter((name) => variants[name] !== undefined);
  const calibrations = Object.fromEntries(
    names.map((variant) => {
      const { validationLogits, testLogits } = variants[variant]!;
      return [
        variant,
        calibrateVariant(
          variant,
          { logits: validationLogits, labels: data.validation.labels },
          { logits: testLogits, labels: data.test.labels },
          classes,
          input.abstainError,
        ),
      ];
    }),
  ) as Record<VariantName, VariantCalibration>;
  const { temperature, abstainThreshold, errorBefore, errorAfter } = calibrations[DEFAULT_VARIANT];
  const goldens = makeGoldens(input);

  const manifest: Omit<Manifest, 'version'> = {
    formatVersion: FORMAT_VERSION,
    name,
    title: `${input.networkName} for ${data.name}${quick ? ' (quick run: not a real result)' : ''}`,
    quick,
    labels: data.labels,
    preprocessing: data.preprocessing,
    variants: Object.fromEntries(
      names.map((name): [VariantName, Variant] => {
        const { accuracy, agreementWithFloat32 } = variants[name]!;
        const { format, folder } = VARIANTS[name];
        const { model, shards } = variantFiles(variants[name]!);
        const shardEntries = shards.map((shard) => add(`${folder}/${shard.name}`, shard.bytes));
        return [
          name,
          {
            format,
            model: add(`${folder}/${model.name}`, model.text),
            shards: shardEntries,
            weightBytes: weightBytesOf(variants[name]!),
            accuracy,
            agreementWithFloat32,
            calibration: calibrations[name],
          },
        ];
      }),
    ) as Manifest['variants'],
    defaultVariant: DEFAULT_VARIANT,
    onnx: { opset: OPSET, model: add('onnx/model.onnx', input.onnx), ...(input.int8Onnx && { int8: int8Entry(input.int8Onnx) }) },
    calibration: { temperature, abstainThreshold },
    goldens: {
      index: add('goldens/goldens.json', JSON.stringify(goldens.index)),
      pixels: add('goldens/pixels.bin', goldens.pixels),
      layers: add('goldens/layers.json', JSON.stringify(input.goldens.layers)),
    },
    samples: await Promise.all((await makeSamples(data)).map(async ({ file, label, png }) => ({ file: add(file, png), label }))),
    documents: [],
    metrics: {
      parameters: input.parameters,
      validationTop1: record.history.at(-1)?.validationTop1 ?? 0,
      testTop1: variants[DEFAULT_VARIANT].accuracy.top1,
      testTop1Float32: variants.float32.accuracy.top1,
      dropPoints: Number(dropOf(variants.float32.accuracy, variants[DEFAULT_VARIANT].accuracy).toFixed(4)),
      validationDropPoints: Number(input.gate.drop.toFixed(4)),
      calibrationErrorBefore: errorBefore,
      calibrationErrorAfter: errorAfter,
      ...(record.teacher && { teacherTestTop1: record.teacher.testTop1 }),
    },
    provenance: {
      configuration: { ...published(record.configuration), abstainError: input.abstainError },
      methodOptions: record.methodOptions,
      seed: record.configuration.seed,
      engine: record.engine,
      data: record.data,
      teacher: record.teacher,
      epochs: record.history.length,
      software: input.software,
    },
  };
  manifest.documents = [add('report.html', htmlReport(input, manifest)), add('card.md', modelCard(input, manifest))];

  const version = contentVersion(entries, manifest);
  const complete: Manifest = { ...manifest, version };
  const manifestEntry = add('manifest.json', manifestText(complete));
  const folder = join(input.modelsFolder, name, version);
  placeFolder(folder, files);
  await addToIndex(
    input.modelsFolder,
    { name, version, title: complete.title, quick, manifest: { ...manifestEntry, path: `${name}/${version}/manifest.json` } },
    input.makeDefault,
  );
  return { folder, manifest: complete };
}

/**
 * First 12 hexadecimal digits of a SHA-256 over every file's path and digest and the manifest without its version.
 * @param files all but the manifest itself, in any order
 */
export function contentVersion(files: FileEntry[], manifest: Omit<Manifest, 'version'>): string {
  const hash = createHash('sha256');
  for (const line of files.map(({ path, sha256 }) => `${path} ${sha256}\n`).sort()) hash.update(line);
  return hash.update(JSON.stringify(manifest)).digest('hex').slice(0, 12);
}

/** The one way in which a manifest is written: not one of its bytes can differ unnoticed. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

function placeFolder(folder: string, files: Map<string, Uint8Array>): void {
  const isThere = (path: string, bytes: Uint8Array): boolean =>
    existsSync(join(folder, path)) && readFileSync(join(folder, path)).equals(bytes);
  if ([...files].every(([path, bytes]) => isThere(path, bytes))) return;
  refuseTracked(folder, false, 'its files are not those of its version: git restore brings them back');
  const staging = temporaryName(folder);
  try {
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      writeFileSync(join(staging, path), bytes, { flush: true });
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } catch (error) {
    // Beneath a file there is nothing to remove, and removing it says so.
    if (existsSync(staging)) rmSync(staging, { recursive: true });
    throw new Error(`the package can't be written to ${folder}: ${(error as Error).message}`, { cause: error });
  }
}

/** A package's record of its run: names, and no folders of its maker's machine. */
const publishedRecord = (record: StudentRecord): StudentRecord => ({
  ...record,
  teacher: record.teacher && { ...record.teacher, name: basename(record.teacher.name) },
});

function makeGoldens({ data, variants, goldens, int8Onnx }: PackageInput): { index: Goldens; pixels: Uint8Array } {
  const classes = data.labels.length;
  const chosen = selectGoldens(data.validation, variants[DEFAULT_VARIANT].validationLogits, classes);
  const rows = (logits: Float32Array): number[][] =>
    chosen.map(({ index }) => [...logits.subarray(index * classes, (index + 1) * classes)]);
  const graphs = VARIANT_NAMES.filter(isGraphVariant).filter((name) => variants[name] !== undefined);
  const logits = Object.fromEntries(graphs.map((name) => [name, rows(variants[name]!.validationLogits)])) as Goldens['logits'];
  const { spread, images } = goldens.measured;
  return {
    index: {
      count: chosen.length,
      labels: chosen.map(({ index }) => data.validation.labels[index]),
      kinds: chosen.map(({ kind }) => kind),
      logits,
      ...goldenTolerances(Float32Array.from(Object.values(logits).flat(2)), {
        spread: { ...spread, ...(int8Onnx && { onnxInt8: int8Onnx.spread }) },
        images,
      }),
      ...(goldens.integer && { integer: goldens.integer }),
    },
    pixels: Buffer.concat(chosen.map(({ index }) => data.validation.images.image(index).slice())),
  };
}

/** One test image of each class as PNG. Held-out images, and not chosen by how the student does on them: the first of each. */
async function makeSamples(data: RunData): Promise<{ file: string; label: string; png: Uint8Array }[]> {
  const { height, width, channels } = data.inputShape;
  const present = data.labels.map((label, index) => ({ label, at: data.test.labels.indexOf(index) })).filter(({ at }) => at >= 0);
  return Promise.all(
    present.map(async ({ label, at }, i) => {
      const raw = { width, height, channels: channels as 1 | 3 };
      const png = await sharp(data.test.images.image(at).slice(), { raw }).png().toBuffer();
      return { file: `samples/${String(i).padStart(2, '0')}-${label.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.png`, label, png };
    }),
  );
}
