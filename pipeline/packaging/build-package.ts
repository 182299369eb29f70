/** Builds a package in `models/` from a student's checkpoint: freeze, quantize, measure, gate, write. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { percent } from '../support/progress.ts';
import { relativeDifference } from '../support/difference.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { freeze } from '../networks/freeze.ts';
import { trainableCount } from '../networks/state.ts';
import { statedScales } from '../quantization/aware/statement.ts';
import { activationChoiceText } from '../quantization/integer/choose-bits.ts';
import type { RunData } from '../data/run-data.ts';
import { measuringBackendOf } from '../evaluation/reference-backend.ts';
import { chooseVariants, withoutWorse } from './choose-variants.ts';
import { measureGoldens } from './measure-goldens.ts';
import { accuracyGate, measureOnTest, writeCandidates, writeCorrected } from './measure-variants.ts';
import { entriesOf, networkOf, weightBytesOf, type MeasuredVariants } from './measured-variant.ts';
import { measureInt8Onnx, type MeasuredInt8Onnx } from './measure-int8-onnx.ts';
import { LOGIT_TOLERANCE, writeOnnxModel } from './onnx-model.ts';
import { calibrationText } from './calibration-text.ts';
import { loadStudent } from './student.ts';
import { writePackage, type WrittenPackage } from './write-package.ts';

export interface BuildOptions {
  studentPath: string;
  data: RunData;
  modelsFolder: string;
  maxDrop: number;
  /** `--variants`: `auto`, or names with commas. */
  variants: string;
  /** Fraction of the given answers that may be wrong; 0: no answer is withheld. */
  abstainError: number;
  /** Server and page answer with it where no model is named. */
  makeDefault: boolean;
  say(line: string): void;
}

export interface BuiltPackage extends WrittenPackage {
  /** Figures measured in memory: the written package is compared with it (`verifyPackage`). */
  measured: { variants: MeasuredVariants; int8Onnx?: MeasuredInt8Onnx };
}

/** @throws Error in one line where quantization costs more than `maxDrop` points (of `uint8`, or of a variant that was asked for by name), a variant asked for has no form, no threshold keeps `abstainError`, or the ONNX model answers otherwise than the graph model: nothing is written then. */
export async function buildPackage({
  studentPath,
  data,
  modelsFolder,
  maxDrop,
  variants: wanted,
  abstainError,
  makeDefault,
  say,
}: BuildOptions): Promise<BuiltPackage> {
  const { network, state, record, quantization } = loadStudent(studentPath, data.inputShape);
  const frozen = freeze(network, state);
  const choice = chooseVariants(wanted, frozen);
  for (const { reason } of choice.without) say(`${reason}; the package does without`);
  if (quantization?.activations) say('the integer variant takes the scales that the student was trained for');
  const candidates = await writeCandidates(frozen, data, choice.names, {
    maxDrop,
    ...(quantization && { scales: statedScales(quantization) }),
  });
  for (const [name, variant] of entriesOf(candidates)) {
    const { top1, count } = variant.validation;
    say(
      `quantize ${name.padEnd(7)}: ${weightBytesOf(variant).toLocaleString('en').padStart(9)} bytes of weights, top-1 ${percent(top1)} of ${count} validation images`,
    );
  }
  if (candidates.integer?.activations) say(`quantize integer: ${activationChoiceText(candidates.integer.activations)}`);
  if (!accuracyGate(candidates, maxDrop).pass) {
    candidates.uint8 = await writeCorrected(frozen, data);
    const { top1, count } = candidates.uint8.validation;
    say(`quantize uint8  : one scale a tensor costs too much; with one a channel top-1 ${percent(top1)} of ${count} validation images`);
  }
  const gate = accuracyGate(candidates, maxDrop);
  if (!gate.pass)
    throw new Error(
      `8-bit weights cost ${gate.drop.toFixed(2)} points of top-1 on the validation images, more than the ${maxDrop} of --max-drop; nothing was packaged`,
    );
  const variants = await measureOnTest(withoutWorse(candidates, choice, maxDrop, say), data);
  const packaged = choice.names.filter((name) => variants[name] !== undefined);
  for (const [name, variant] of entriesOf(variants)) {
    const { accuracy, agreementWithFloat32 } = variant;
    say(
      `measure ${name.padEnd(8)}: top-1 ${percent(accuracy.top1)} of ${accuracy.count} test images on ${await measuringBackendOf(networkOf(variant))}, agrees with float32 on ${percent(agreementWithFloat32)}`,
    );
  }
  const onnx = writeOnnxModel(frozen, data);
  const difference = relativeDifference(
    await logitsOf({ kind: 'onnx', model: onnx }, data.validation.images, data.preprocessing),
    variants.float32.validationLogits,
  );
  if (!(difference <= LOGIT_TOLERANCE))
    throw new Error(
      `the ONNX model's logits differ from the graph model's by ${difference.toExponential(1)} of the largest, more than ${LOGIT_TOLERANCE}; nothing was packaged`,
    );
  say(
    `onnx            : ${onnx.length.toLocaleString('en').padStart(9)} bytes, logits by ONNX Runtime on ${data.validation.count} validation images within ${difference.toExponential(1)} of wasm's`,
  );
  const int8Onnx = await measureInt8Onnx(variants, data);
  if (int8Onnx)
    say(
      `onnx int8       : ${int8Onnx.model.length.toLocaleString('en').padStart(9)} bytes, top-1 ${percent(int8Onnx.accuracy.top1)} by ONNX Runtime, agrees with float32 on ${percent(int8Onnx.agreementWithFloat32)}, with the integers on ${percent(int8Onnx.agreementWithIntegers)}`,
    );
  const written = await writePackage({
    modelsFolder,
    record,
    networkName: network.name,
    parameters: trainableCount(network),
    data,
    variants,
    packaged,
    gate,
    abstainError,
    makeDefault,
    onnx,
    ...(int8Onnx && { int8Onnx }),
    goldens: await measureGoldens(variants, packaged, onnx, data),
    software: softwareVersions(),
  });
  const { folder, manifest } = written;
  for (const [variant, { calibration }] of Object.entries(manifest.variants))
    if (calibration) say(`calibrate ${variant.padEnd(7)}: ${calibrationText(calibration)}`);
  say(
    `package: ${folder} (8-bit weights cost ${gate.drop.toFixed(2)} points of top-1 on the validation images, ${maxDrop} allowed; variants ${Object.keys(manifest.variants).join(', ')})`,
  );
  return { ...written, measured: { variants, ...(int8Onnx && { int8Onnx }) } };
}

/** Versions of the libraries and the source's commit, for the record of a result. */
export function softwareVersions(): Record<string, string> {
  return { node: process.version, '@tensorflow/tfjs': version_core, sharp: sharp.versions.sharp!, commit: sourceCommit() };
}

/** Commit of the source that made the package; `unknown` outside a git checkout. */
function sourceCommit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', 'HEAD')}${git('status', '--porcelain', '--', '.', '../runtime') ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
