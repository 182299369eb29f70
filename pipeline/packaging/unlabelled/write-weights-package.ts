/** Writes a package of somebody's weights. */
import { FORMAT_VERSION, type Manifest, type Variant, type VariantName } from '@sld-edge/runtime';
import { OPSET } from '../../networks/operations/onnx-def.ts';
import { defaultVariantOf } from '../choose-variants.ts';
import { makeGoldens } from '../make-goldens.ts';
import { readModelIndex } from '../model-index.ts';
import { collectFiles, placePackage } from '../package-files.ts';
import { weightsCard } from './card.ts';
import { originOf } from './origin.ts';
import { weightsReport } from './report.ts';
import type { WeightsPackage } from './weights-package.ts';

/** @returns the package's folder and manifest. Writing the same package again changes nothing. */
export async function writeWeightsPackage(
  input: WeightsPackage,
  modelsFolder: string,
  makeDefault: boolean,
): Promise<{ folder: string; manifest: Manifest }> {
  const { data, variants, packaged, goldens, onnx, licence } = input;
  // A broken index is found out before anything is written.
  readModelIndex(modelsFolder);
  const collected = collectFiles();
  const { add } = collected;
  const defaultVariant = defaultVariantOf(packaged);
  const answering = variants[defaultVariant]!;
  const manifest: Omit<Manifest, 'version'> = {
    formatVersion: FORMAT_VERSION,
    name: input.name,
    title: input.title,
    quick: false,
    labels: data.labels,
    preprocessing: data.preprocessing,
    variants: Object.fromEntries(
      packaged.map((name): [VariantName, Variant] => {
        const { accuracy: agreement, agreementWithFloat32 } = variants[name]!;
        return [name, { ...collected.addVariant(name, variants[name]!), agreement, agreementWithFloat32 }];
      }),
    ),
    defaultVariant,
    ...(onnx && { onnx: { opset: OPSET, model: add('onnx/model.onnx', onnx) } }),
    calibration: { temperature: 1, abstainThreshold: null },
    goldens: collected.addGoldens(
      makeGoldens({ data: goldens.data, variants: goldens.variants, packaged, goldens: goldens.measured }),
      goldens.measured.layers,
    ),
    samples: input.samples.map(({ file, label, jpeg }) => ({ file: add(file, jpeg), label })),
    documents: [],
    metrics: {
      parameters: input.parameters,
      agreementTop1: answering.accuracy.top1,
      agreementTop5: answering.accuracy.top5,
      ...(input.weights.model && { publishedTop1: input.weights.model.top1 }),
    },
    provenance: {
      weights: originOf(input),
      minAgreement: input.minAgreement,
      ...(input.note && { note: input.note }),
      pictures: { calibration: input.calibration, deciding: { count: data.validation.count }, agreement: input.agreement },
      software: input.software,
    },
  };
  manifest.documents = [
    add('report.html', weightsReport(input, manifest)),
    add('card.md', weightsCard(input, manifest)),
    ...(licence ? [add(licence.file, licence.text)] : []),
  ];
  return placePackage(modelsFolder, collected, manifest, makeDefault);
}
