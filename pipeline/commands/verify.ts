/** `npm run verify`: packages of `models/` as a consumer meets them. */
import { join } from 'node:path';
import { isGraphVariant, loadManifest, type Manifest } from '@sld-edge/runtime';
import { readFile } from 'node:fs/promises';
import { percent } from '../support/progress.ts';
import { readModelIndex } from '../packaging/model-index.ts';
import { openTestData } from '../data/run-data.ts';
import type { Int8OnnxVerification } from '../packaging/check/int8-onnx.ts';
import { checkPackage } from '../packaging/check/check-package.ts';
import { isUnlabelled, verifyAgreement } from '../packaging/check/verify-agreement.ts';
import {
  verifyPackage,
  type OnnxVerification,
  type PackageVerification,
  type VariantVerification,
} from '../packaging/check/verify-package.ts';
import { openPictures } from '../data/sets/pictures.ts';
import type { Line } from '../configuration/command-line.ts';
import type { Configuration } from '../configuration/settings.ts';
import { dataSettings } from '../data/settings.ts';
import { modelsSetting } from '../packaging/settings.ts';
import { say } from '../support/say.ts';
import { whileWaiting } from '../support/while-waiting.ts';
import { withDefaultOf, type SettingTable } from '../support/setting.ts';
import { optional, path, text } from '../support/value.ts';

export const summary =
  'Loads packages from disk, every file by its SHA-256, and measures each variant on the whole test set (graph models on wasm, integers on their WebAssembly kernels), and the ONNX file on ONNX Runtime; fails where the manifest states anything else. Without data: package verify.';

export const settings = {
  model: {
    ...optional(path('')),
    help: "a package's folder",
    defaultText: 'every package of --models',
    group: 'package',
    decides: 'nothing',
  },
  data: withDefaultOf(dataSettings.data, 'the one that the package names'),
  from: {
    ...optional(text('')),
    help: 'weights that a package was made of which was made without labels and has no float32',
    defaultText: 'those that it names',
    group: 'package',
    decides: 'nothing',
  },
  ...modelsSetting,
} as const satisfies SettingTable;

/** Text of the distance from the goldens: integers are equal or refused. */
export const goldensText = ({ variant, goldenError }: Pick<VariantVerification, 'variant' | 'goldenError'>): string =>
  isGraphVariant(variant) ? `goldens within ${goldenError.toExponential(1)}` : 'goldens equal';

/** One line on the ONNX file of a package. */
export const onnxText = ({ images, difference, allowed, pass }: OnnxVerification): string =>
  `on ONNX Runtime, logits of ${images} test images within ${difference.toExponential(1)} of float32's on wasm (allowed ${allowed}): ${pass ? 'pass' : 'FAIL'}`;

/** One line on the int8 one. */
export const int8OnnxText = ({ measured, stated, agreementWithFloat32, allowedPoints, pass }: Int8OnnxVerification): string =>
  `int8 on ONNX Runtime, top-1 ${percent(measured.top1)} of ${measured.count} (stated ${percent(stated.top1)}, may differ by ${allowedPoints} points), agrees with float32 on ${percent(agreementWithFloat32)}: ${pass ? 'pass' : 'FAIL'}`;

/** One line on a variant of a package that was made without labels. */
export const agreementLine = (
  { name, version }: Pick<PackageVerification, 'name' | 'version'>,
  { variant, backend, measured, goldenError, pass }: VariantVerification,
): string =>
  `${name}@${version} ${variant.padEnd(7)}: float32's answer on ${percent(measured.top1)} of ${measured.count} pictures, among the first five on ${percent(measured.top5)}, ${goldensText({ variant, goldenError })} on ${backend}: ${pass ? 'pass' : 'FAIL'}`;

/** A package that was made without labels: on pictures, or by itself where none are named. */
async function verifyUnlabelled(folder: string, manifest: Manifest, data: string | undefined, from: string | undefined) {
  if (data === undefined) {
    const { checks, pass } = await checkPackage(folder);
    for (const { what, file, detail } of checks.filter(({ status }) => status === 'fail'))
      say(`${folder} ${file ?? ''} ${what}: ${detail}`);
    say(
      `${manifest.name}@${manifest.version}: made without labels; files and goldens: ${pass ? 'pass' : 'FAIL'}; --data folder:PICTURES compares its answers with float32's`,
    );
    return { name: manifest.name, version: manifest.version, checks, pass };
  }
  const { height, width, cropRatio = 1 } = manifest.preprocessing;
  const pictures = await openPictures(data, { height, width, cropRatio }, dataSettings.maxUnreadable.default, say);
  const report = await whileWaiting('verifying', verifyAgreement(folder, pictures, from));
  for (const variant of report.variants) say(agreementLine(report, variant));
  return report;
}

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const { models } = values;
  const folders = values.model ? [values.model] : readModelIndex(models).packages.map(({ name, version }) => join(models, name, version));
  if (folders.length === 0) throw new Error(`no package in ${models}; npm run distill makes one`);
  const reports = [];
  for (const folder of folders) {
    const manifest = await loadManifest((path) => readFile(join(folder, path)));
    if (isUnlabelled(manifest)) {
      reports.push({ folder, ...(await verifyUnlabelled(folder, manifest, values.data, values.from)) });
      continue;
    }
    const made = manifest.provenance.configuration as Configuration;
    const data = await openTestData(values.data ?? made.data, made.testLimit, say, {
      imageSize: made.imageSize,
      cropRatio: manifest.preprocessing.cropRatio,
      maxUnreadable: made.maxUnreadable,
    });
    const report = await verifyPackage(folder, data);
    for (const { variant, backend, measured, stated, agreementWithFloat32, goldenError, pass } of report.variants) {
      say(
        `${report.name}@${report.version} ${variant.padEnd(7)}: top-1 ${percent(measured.top1)} of ${measured.count} on ${backend} (stated ${percent(stated.top1)}), agrees with float32 on ${percent(agreementWithFloat32)}, ${goldensText({ variant, goldenError })}: ${pass ? 'pass' : 'FAIL'}`,
      );
    }
    if (report.onnx) say(`${report.name}@${report.version} onnx   : ${onnxText(report.onnx)}`);
    if (report.int8Onnx) say(`${report.name}@${report.version} onnx   : ${int8OnnxText(report.int8Onnx)}`);
    reports.push({ folder, ...report });
  }
  return { packages: reports, pass: reports.every(({ pass }) => pass) };
}
