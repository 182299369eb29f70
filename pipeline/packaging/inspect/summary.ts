/** Summarises a package, for people and for scripts: `package inspect`. */
import {
  loadManifest,
  packageFiles,
  readVerified,
  type Goldens,
  type Int8OnnxModel,
  type Manifest,
  type ReadFile,
  type Variant,
} from '@sld-edge/runtime';
import { parseGoldens } from '@sld-edge/runtime/format';
import { calibrationText } from '../calibration-text.ts';
import { percent } from '../../support/progress.ts';

export interface PackageSummary extends Omit<Manifest, 'goldens'> {
  /** Files of the package, except its manifest. */
  files: { count: number; bytes: number };
  goldens: {
    count: number;
    /** Their true classes, by name, each once. */
    labels: string[];
    /** Largest allowed difference of a logit, by backend. */
    tolerance: Record<string, number>;
    /** Tolerance of the integer variant, if the package has one. */
    integerTolerance?: 0;
    /** Number of images of each kind; absent in older packages. */
    kinds?: Record<string, number>;
    measured?: Goldens['measured'];
  };
}

/**
 * Reads the manifest and the goldens; the other files are not looked at (`package verify` does that).
 * @throws AppError where either is missing, damaged or of a format that is not read here
 */
export async function summarisePackage(read: ReadFile): Promise<PackageSummary> {
  const manifest = await loadManifest(read);
  const goldens = parseGoldens(await readVerified(read, manifest.goldens.index), manifest);
  const files = packageFiles(manifest);
  const kinds =
    goldens.kinds &&
    Object.fromEntries([...new Set(goldens.kinds)].map((kind) => [kind, goldens.kinds!.filter((other) => other === kind).length]));
  return {
    ...manifest,
    files: { count: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) },
    goldens: {
      count: goldens.count,
      labels: [...new Set(goldens.labels.map((label) => manifest.labels[label]))],
      tolerance: goldens.tolerance,
      ...(manifest.variants.integer && { integerTolerance: 0 as const }),
      ...(kinds && { kinds }),
      ...(goldens.measured && { measured: goldens.measured }),
    },
  };
}

const size = (bytes: number): string => `${bytes.toLocaleString('en')} bytes`;

/** The lines that people read; the words are those of the manifest. */
export function summaryText(summary: PackageSummary): string {
  const { preprocessing: p, calibration, goldens, provenance } = summary;
  const list = (values: readonly number[]): string => values.join(', ');
  return [
    `${summary.name}@${summary.version}: ${summary.title}${summary.quick ? ' [quick run: not a real result]' : ''}`,
    `format         version ${summary.formatVersion}; ${summary.files.count} files, ${size(summary.files.bytes)}`,
    `labels         ${summary.labels.length}: ${summary.labels.join(', ')}`,
    `preprocessing  ${p.width}x${p.height}, ${p.channels === 1 ? 'grey' : 'RGB'}, ${p.fit}, ${p.filter} filter; (value/255 - mean)/std with mean ${list(p.mean)}, std ${list(p.std)}`,
    ...Object.entries(summary.variants).map(([name, { format, weightBytes, shards, ...measured }]) =>
      row(
        'variant',
        `${name.padEnd(8)} ${format}, ${size(weightBytes)} of weights in ${shards.length} shard${shards.length === 1 ? '' : 's'}, ${measuredText(measured)}${name === summary.defaultVariant ? ' [default]' : ''}`,
      ),
    ),
    row('onnx', summary.onnx ? `${summary.onnx.model.path}, ${size(summary.onnx.model.bytes)}, opset ${summary.onnx.opset}` : 'none'),
    ...(summary.onnx?.int8 ? [row('onnx', int8Text(summary.onnx.int8))] : []),
    row(
      'goldens',
      `${goldens.count} images of ${goldens.labels.length} classes${
        goldens.kinds
          ? ` (${Object.entries(goldens.kinds)
              .map(([kind, count]) => `${count} ${kind}`)
              .join(', ')})`
          : ''
      }; a logit may differ by ${Object.entries(goldens.tolerance)
        .map(([backend, value]) => `${value} on ${backend}`)
        .join(', ')}${goldens.integerTolerance === undefined ? '' : `, an integer by ${goldens.integerTolerance} on any`}`,
    ),
    ...Object.entries(summary.variants).map(([name, variant]) =>
      row(
        'calibration',
        `${name.padEnd(8)} ${variant.calibration ? calibrationText(variant.calibration) : `temperature ${calibration.temperature}, ${calibration.abstainThreshold === null ? 'withholds no answer' : `withholds answers below a probability of ${calibration.abstainThreshold}`} (of the package, not of the variant)`}`,
      ),
    ),
    row('samples', summary.samples.map(({ label }) => label).join(', ') || 'none'),
    row('documents', summary.documents.map(({ path }) => path).join(', ') || 'none'),
    ...Object.entries(summary.metrics).map(([name, value]) => row('metric', `${name} ${value}`)),
    ...leaves(provenance).map(([path, value]) => row('provenance', `${path} ${value}`)),
  ].join('\n');
}

function measuredText({
  accuracy,
  agreement,
  agreementWithFloat32,
}: Pick<Variant, 'accuracy' | 'agreement' | 'agreementWithFloat32'>): string {
  if (accuracy)
    return `top-1 ${percent(accuracy.top1)}, top-5 ${percent(accuracy.top5)} of ${accuracy.count}, agrees with float32 on ${percent(agreementWithFloat32)}`;
  const { top1, top5, count } = agreement!;
  return `float32's answer on ${percent(top1)} of ${count} pictures without labels, among the first five on ${percent(top5)}`;
}

const int8Text = ({ model, accuracy, agreementWithFloat32, agreementWithIntegers }: Int8OnnxModel): string =>
  `${model.path}, ${size(model.bytes)}, top-1 ${percent(accuracy.top1)}, top-5 ${percent(accuracy.top5)} of ${accuracy.count} by ONNX Runtime, agrees with float32 on ${percent(agreementWithFloat32)}, with integer on ${percent(agreementWithIntegers)}`;

const row = (what: string, text: string): string => `${what.padEnd(15)}${text}`;

/** `[path, value]` of everything under an object, lists on one line. */
function leaves(value: Record<string, unknown>, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, item]): [string, string][] => {
    const isBranch = typeof item === 'object' && item !== null && !Array.isArray(item);
    return isBranch
      ? leaves(item as Record<string, unknown>, `${prefix}${key}.`)
      : [[`${prefix}${key}`, typeof item === 'string' ? item : JSON.stringify(item)]];
  });
}
