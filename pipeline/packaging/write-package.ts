/** A measured student becomes a package: all files beside, then one rename; nothing half-written is ever in `models/`. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  FORMAT_VERSION,
  VARIANTS,
  type FileEntry,
  type Int8OnnxModel,
  type Manifest,
  type Variant,
  type VariantCalibration,
  type VariantName,
} from '@sld-edge/runtime';
import { encodeOutputs } from '@sld-edge/runtime/format';
import { calibrateVariant } from '../evaluation/calibrate-variant.ts';
import { OPSET } from '../networks/operations/onnx-def.ts';
import type { PackageInput } from './package-input.ts';
import { modelCard } from './model-card.ts';
import { htmlReport } from './report.ts';
import { sha256 } from '../support/sha256.ts';
import { refuseTracked } from '../support/tracked-files.ts';
import { temporaryName } from '../support/atomic-write.ts';
import { defaultVariantOf, dropOf } from './choose-variants.ts';
import type { MeasuredInt8Onnx } from './measure-int8-onnx.ts';
import { variantFiles, weightBytesOf } from './measured-variant.ts';
import { makeGoldens } from './make-goldens.ts';
import { makeSamples } from './make-samples.ts';
import { addToIndex, readModelIndex } from './model-index.ts';
import { published } from './settings.ts';
import type { Speed } from './speed.ts';
import type { StudentRecord } from './student.ts';

export interface WrittenPackage {
  folder: string;
  manifest: Manifest;
  /** Makes the package's report with the speed on this machine, which the package itself leaves out. */
  reportWith(speed: Speed): Promise<string>;
}

/** Writes a package. Writing the same package again changes nothing. */
export async function writePackage(made: PackageInput): Promise<WrittenPackage> {
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
  const names = input.packaged;
  const defaultVariant = defaultVariantOf(names);
  const { float32, [defaultVariant]: answering } = variants;
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
  const { temperature, abstainThreshold, errorBefore, errorAfter } = calibrations[defaultVariant];
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
    defaultVariant,
    onnx: { opset: OPSET, model: add('onnx/model.onnx', input.onnx), ...(input.int8Onnx && { int8: int8Entry(input.int8Onnx) }) },
    calibration: { temperature, abstainThreshold },
    goldens: {
      index: add('goldens/goldens.json', JSON.stringify(goldens.index)),
      pixels: add('goldens/pixels.bin', goldens.pixels),
      logits: Object.fromEntries(
        goldens.outputs.map(([name, outputs]) => [name, add(`goldens/logits-${name}.bin`, encodeOutputs(outputs))]),
      ),
      layers: add('goldens/layers.json', JSON.stringify(input.goldens.layers)),
    },
    samples: await Promise.all((await makeSamples(data)).map(async ({ file, label, png }) => ({ file: add(file, png), label }))),
    documents: [],
    metrics: {
      parameters: input.parameters,
      validationTop1: record.history.at(-1)?.validationTop1 ?? 0,
      testTop1: answering!.accuracy.top1,
      testTop1Float32: float32.accuracy.top1,
      dropPoints: Number(dropOf(float32.accuracy, answering!.accuracy).toFixed(4)),
      validationDropPoints: Number(dropOf(float32.validation, answering!.validation).toFixed(4)),
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
  manifest.documents = [add('report.html', await htmlReport(input, manifest)), add('card.md', modelCard(input, manifest))];

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
  return { folder, manifest: complete, reportWith: (speed) => htmlReport({ ...input, speed }, complete) };
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
