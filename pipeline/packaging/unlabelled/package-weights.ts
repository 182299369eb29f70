/** Packages weights that somebody has, without training and without labels: the variants are held against float32's own answers. */
import type { Preprocessing, VariantName } from '@sld-edge/runtime';
import { normalise } from '@sld-edge/runtime';
import type { RunData } from '../../data/run-data.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { Pictures } from '../../data/sets/pictures.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { ofUnitValues } from '../../evaluation/model-input.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { trainableCount } from '../../networks/state.ts';
import { percent } from '../../support/progress.ts';
import { whileWaiting } from '../../support/while-waiting.ts';
import { activationChoiceText } from '../../quantization/integer/choose-bits.ts';
import type { Pretrained } from '../../teachers/pretrained/index.ts';
import { softwareVersions } from '../build-package.ts';
import { ALWAYS_PACKAGED, chooseVariants } from '../choose-variants.ts';
import { writeGraphModel } from '../graph-model.ts';
import { measureGoldens } from '../measure-goldens.ts';
import { measureOnTest, writeCandidates, writeCorrected } from '../measure-variants.ts';
import { entriesOf, networkOf, weightBytesOf, type CandidateVariants, type MeasuredVariants } from '../measured-variant.ts';
import { writeOnnxModel } from '../onnx-model.ts';
import { answersAsLabels } from './answers-as-labels.ts';
import { carriedSamples, licenceOf } from './carried-pictures.ts';
import { splitPictures } from './split-pictures.ts';
import type { PicturesRecord, WeightsPackage } from './weights-package.ts';

export interface PackageWeightsOptions {
  weights: Pretrained;
  name: string;
  /** At the network's size: to calibrate on, to report on (absent: some of these), and those that the package carries (absent: some that report). */
  pictures: { calibration: Pictures; agreement?: Pictures; samples?: Pictures };
  /** `auto`, or names with commas. */
  variants: string;
  /** Sentence on the pictures for the card; may be empty. */
  note: string;
  minAgreement: number;
  /** The package has the float32 network as ONNX. */
  withOnnx: boolean;
  say(line: string): void;
}

/** Preprocessing that a manifest can state. @throws Error in one line for weights that see images in a way that it can't, or whose classes have no names */
export function packagedPreprocessing({ name, preprocessing, labels, network }: Pretrained): Preprocessing {
  if (!labels)
    throw new Error(`nothing names the ${network.classes} classes of ${name}: state "labels" in a JSON file beside it (docs/teachers.md)`);
  if (preprocessing.channelOrder !== 'rgb') throw new Error(`${name} sees BGR images; only a network that sees RGB is packaged`);
  if (preprocessing.channels !== 3) throw new Error(`${name} sees grey images; pictures of a folder are in colour`);
  if (preprocessing.fit !== 'cover')
    throw new Error(
      `${name} sees images stretched to its size; only one that sees their middle is packaged: state "fit": "cover" beside it`,
    );
  return ofUnitValues(preprocessing);
}

/** @throws Error in one line where a variant that was asked for has no form or has float32's answer too rarely, or none is left */
export async function makeWeightsPackage(options: PackageWeightsOptions): Promise<WeightsPackage> {
  const { weights, name, pictures, minAgreement, say } = options;
  const preprocessing = packagedPreprocessing(weights);
  const frozen = freeze(weights.network, weights.state);
  const choice = chooseVariants(options.variants, frozen);
  for (const { reason } of choice.without) say(`${reason}; the package does without`);
  const wanted = options.variants === 'auto' ? choice.names.filter((one) => one !== 'float32') : namesIn(options.variants);
  const split = splitPictures(pictures.calibration.set, pictures.agreement?.set);
  const data = await whileWaiting('float32 answers the pictures', labelledByFloat32(frozen, split, weights, preprocessing));
  say(
    `pictures: ${data.train.count} to calibrate on, ${data.validation.count} that decide, ${data.test.count} that report${pictures.agreement ? ` (${pictures.agreement.name})` : ''}`,
  );

  const candidates = await whileWaiting('quantizing', candidatesOf(frozen, data, wanted, minAgreement));
  for (const [variant, { validation, ...written }] of entriesOf(candidates))
    if (variant !== 'float32')
      say(
        `quantize ${variant.padEnd(7)}: ${weightBytesOf(written).toLocaleString('en').padStart(9)} bytes of weights, float32's answer on ${percent(validation.top1)} of ${validation.count} pictures, among the first five on ${percent(validation.top5)}`,
      );
  if (candidates.integer?.activations) say(`quantize integer: ${activationChoiceText(candidates.integer.activations)}`);
  const packaged = passing(candidates, wanted, options);
  const variants = await whileWaiting('measuring', measureOnTest(candidates, data));
  for (const [variant, { accuracy }] of entriesOf(variants))
    if (variant !== 'float32')
      say(
        `measure ${variant.padEnd(8)}: float32's answer on ${percent(accuracy.top1)} of ${accuracy.count} pictures that calibrated nothing, among the first five on ${percent(accuracy.top5)}`,
      );

  const onnx = writeOnnxModel(frozen, data);
  const carried = pictures.samples ? await onCarried(variants, pictures.samples.set, data) : { data, variants };
  const source = pictures.samples ?? pictures.agreement ?? pictures.calibration;
  const held = pictures.samples || pictures.agreement ? 0 : source.set.count - data.test.count;
  const indices = Array.from({ length: source.set.count - held }, (_, i) => held + i);
  const licence = licenceOf(source);
  return {
    name,
    title: `${weights.network.name} for ${weights.model ? 'the' : 'its'} ${data.labels.length.toLocaleString('en')} classes${weights.model ? ' of ImageNet' : ''}`,
    weights,
    networkName: weights.network.name,
    parameters: trainableCount(weights.network),
    data,
    variants,
    packaged,
    minAgreement,
    note: options.note,
    calibration: recordOf(pictures.calibration, data.train),
    agreement: { ...recordOf(pictures.agreement ?? pictures.calibration, data.test), heldOut: !pictures.agreement },
    samples: await carriedSamples(source, indices, preprocessing),
    ...(licence && { licence }),
    goldens: { ...carried, measured: await whileWaiting('goldens', measureGoldens(carried.variants, packaged, onnx, carried.data)) },
    ...(options.withOnnx && { onnx }),
    software: softwareVersions(),
  };
}

const namesIn = (text: string): VariantName[] => text.split(',').map((name) => name.trim() as VariantName);

const recordOf = ({ name, checksum }: Pictures, { count }: ImageSet): PicturesRecord => ({ name, count, checksum });

async function labelledByFloat32(
  frozen: FrozenNetwork,
  { calibration, deciding, reporting }: ReturnType<typeof splitPictures>,
  { labels }: Pretrained,
  preprocessing: Preprocessing,
): Promise<RunData> {
  const { height, width, channels } = preprocessing;
  const float32 = networkOf({ graph: writeGraphModel(frozen, 'float32') });
  const answered = async (set: ImageSet): Promise<ImageSet> =>
    answersAsLabels(set, await logitsOf(float32, set.images, preprocessing), frozen.classes);
  const counts = { calibration: calibration.count, deciding: deciding.count, reporting: reporting.count };
  return {
    name: frozen.name,
    labels: [...labels!],
    inputShape: { height, width, channels },
    train: calibration,
    validation: await answered(deciding),
    test: await answered(reporting),
    trainingProbe: calibration,
    preprocessing,
    normalise: (pixels) => normalise(pixels, preprocessing),
    provenance: { name: frozen.name, source: 'pictures without labels', checksums: {}, counts },
  };
}

/** The variants with their agreement, `uint8` in any case; where it is wanted with a scale for each output channel where one a tensor changes too many answers. */
async function candidatesOf(
  frozen: FrozenNetwork,
  data: RunData,
  wanted: readonly VariantName[],
  minAgreement: number,
): Promise<CandidateVariants> {
  const candidates = await writeCandidates(frozen, data, [...new Set([ALWAYS_PACKAGED, ...wanted])], { maxDrop: 100 * (1 - minAgreement) });
  if (!wanted.includes('uint8') || candidates.uint8.validation.top1 >= minAgreement) return candidates;
  const corrected = await writeCorrected(frozen, data);
  return corrected.validation.top1 > candidates.uint8.validation.top1 ? { ...candidates, uint8: corrected } : candidates;
}

/** The wanted variants that have float32's answer often enough. @throws Error in one line */
function passing(
  candidates: CandidateVariants,
  wanted: readonly VariantName[],
  { variants, minAgreement, say }: PackageWeightsOptions,
): VariantName[] {
  const failing = wanted.filter((name) => candidates[name]!.validation.top1 < minAgreement);
  const textOf = (name: VariantName): string =>
    `${name} has float32's answer on ${percent(candidates[name]!.validation.top1)} of the pictures that decide, fewer than the ${percent(minAgreement)} of --min-agreement`;
  if (failing.length === wanted.length || (variants !== 'auto' && failing.length > 0))
    throw new Error(`${failing.map(textOf).join('; ')}; nothing was packaged`);
  for (const name of failing) say(`${textOf(name)}: left out`);
  return wanted.filter((name) => !failing.includes(name));
}

/** The pictures that the package carries in the place of those that decide, with every variant's answers to them. */
async function onCarried(variants: MeasuredVariants, set: ImageSet, data: RunData): Promise<{ data: RunData; variants: MeasuredVariants }> {
  const answered = await Promise.all(
    entriesOf(variants).map(async ([name, variant]) => {
      const validationLogits = await logitsOf(networkOf(variant), set.images, data.preprocessing);
      return [name, { ...variant, validationLogits }] as const;
    }),
  );
  const own = Object.fromEntries(answered) as unknown as MeasuredVariants;
  return { variants: own, data: { ...data, validation: answersAsLabels(set, own.float32.validationLogits, data.labels.length) } };
}
