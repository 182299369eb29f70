/** A measured student becomes a package. */
import { basename } from 'node:path';
import {
  FORMAT_VERSION,
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
import { defaultVariantOf, dropOf } from './choose-variants.ts';
import type { MeasuredInt8Onnx } from './measure-int8-onnx.ts';
import { makeGoldens } from './make-goldens.ts';
import { makeSamples } from './make-samples.ts';
import { readModelIndex } from './model-index.ts';
import { collectFiles, placePackage } from './package-files.ts';
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
  const collected = collectFiles();
  const { add } = collected;

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
        return [name, { ...collected.addVariant(name, variants[name]!), accuracy, agreementWithFloat32, calibration: calibrations[name] }];
      }),
    ) as Manifest['variants'],
    defaultVariant,
    onnx: { opset: OPSET, model: add('onnx/model.onnx', input.onnx), ...(input.int8Onnx && { int8: int8Entry(input.int8Onnx) }) },
    calibration: { temperature, abstainThreshold },
    goldens: collected.addGoldens(makeGoldens(input), input.goldens.layers),
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

  const placed = await placePackage(input.modelsFolder, collected, manifest, input.makeDefault);
  return { ...placed, reportWith: (speed) => htmlReport({ ...input, speed }, placed.manifest) };
}

/** A package's record of its run: names, and no folders of its maker's machine. */
const publishedRecord = (record: StudentRecord): StudentRecord => ({
  ...record,
  teacher: record.teacher && { ...record.teacher, name: basename(record.teacher.name) },
});
