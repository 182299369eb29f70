/** A run's results as a text for people. */
import { BATCH_SIZES, PAIRS } from './pairs.ts';
import type { AdapterFound, Correctness, Distillation, PeerRate, Rate } from './results.ts';

export interface Results {
  started: string;
  machine: Record<string, unknown>;
  bundle: Record<string, unknown>;
  adapter?: AdapterFound;
  correctness: Correctness[];
  rates: Rate[];
  peerDescription?: Record<string, unknown>;
  peers: PeerRate[];
  distillation: Distillation[];
  /** Parts that were left out or failed, and the reasons. */
  notes: string[];
}

const KERNELS_SHOWN = 12;
/** Length of the reference training: 240 epochs of CIFAR-100's 50,000 images. */
const [IMAGES_OF_AN_EPOCH, EPOCHS] = [50_000, 240];

const rounded = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** The fastest that PyTorch was in this precision, whichever its layout. */
const fastest = (peers: readonly PeerRate[], pair: string, batchSize: number, precision: PeerRate['precision']): PeerRate | undefined =>
  peers
    .filter((peer) => peer.pair === pair && peer.batchSize === batchSize && peer.precision === precision)
    .sort((a, b) => a.msPerStep - b.msPerStep)[0];

function ratesTable({ rates, peers }: Results): string[] {
  const lines = [
    'pair                       batch  ms a step  images/s  host ms  dispatches  submits  GPU MB   fp32   TF32  ours/fp32  ours/TF32',
  ];
  for (const { pair, batchSize, msPerStep, imagesPerSecond, hostMsPerStep, dispatches, submits, bytes } of rates) {
    const [fp32, tf32] = (['fp32', 'default'] as const).map((precision) => fastest(peers, pair, batchSize, precision)?.imagesPerSecond);
    const ratio = (peer?: number): string => (peer ? (imagesPerSecond / peer).toFixed(2) : '–');
    const cells: [string, number][] = [
      [String(batchSize), 7],
      [rounded(msPerStep), 11],
      [rounded(imagesPerSecond), 10],
      [rounded(hostMsPerStep), 9],
      [dispatches.toFixed(0), 12],
      [submits.toFixed(0), 9],
      [(bytes / 1e6).toFixed(0), 8],
      [fp32 ? rounded(fp32) : '–', 7],
      [tf32 ? rounded(tf32) : '–', 7],
      [ratio(fp32), 11],
      [ratio(tf32), 11],
    ];
    lines.push(pair.padEnd(25) + cells.map(([text, width]) => text.padStart(width)).join(''));
  }
  return lines;
}

function kernelTable({ pair, batchSize, kernels, msPerStep }: Rate): string[] {
  const total = kernels.reduce((sum, { ms = 0 }) => sum + ms, 0);
  const dispatches = kernels.reduce((sum, kernel) => sum + kernel.dispatches, 0);
  const rest = kernels.slice(KERNELS_SHOWN);
  const line = (name: string, count: number, ms?: number): string =>
    `  ${name.padEnd(30)}${String(count).padStart(6)}${ms === undefined ? '' : `${ms.toFixed(3).padStart(11)} ms${((100 * ms) / total).toFixed(0).padStart(5)} %`}`;
  return [
    `${pair}, batch ${batchSize}: ${dispatches} dispatches${total > 0 ? `, ${rounded(total)} ms on the GPU (each a pass of its own), ${rounded(msPerStep)} ms a step in all` : ', no timestamps on this device'}`,
    ...kernels.slice(0, KERNELS_SHOWN).map(({ name, dispatches: count, ms }) => line(name, count, ms)),
    ...(rest.length > 0
      ? [
          line(
            `${rest.length} more`,
            rest.reduce((sum, kernel) => sum + kernel.dispatches, 0),
            total > 0 ? rest.reduce((sum, { ms = 0 }) => sum + ms, 0) : undefined,
          ),
        ]
      : []),
  ];
}

export function reportText(results: Results): string {
  const { adapter, correctness, peerDescription, distillation, notes, rates } = results;
  const paragraphs: string[][] = [
    [
      `SLD-edge's training on a GPU through WebGPU, ${results.started}`,
      `machine: ${JSON.stringify(results.machine)}`,
      `bundle: ${JSON.stringify(results.bundle)}`,
      adapter
        ? `GPU: ${adapter.description}${adapter.software ? ', computes in software' : ''}; driver by ${adapter.vulkan}; timestamps: ${adapter.features.includes('timestamp-query') ? 'yes' : 'no'}`
        : 'GPU: none was found',
    ],
    [
      'Correctness: the losses of the first steps, against those stored',
      ...correctness.map(
        ({ pair, batchSize, error, ok }) =>
          `  ${pair}, batch ${batchSize}: largest relative difference ${error.toExponential(1)} ${ok ? 'ok' : 'FAIL'}`,
      ),
    ],
  ];
  if (rates.length > 0)
    paragraphs.push([
      'Rates (labelled images; a step sees two views of each)',
      ...ratesTable(results),
      ...(peerDescription ? [`PyTorch: ${JSON.stringify(peerDescription)}; its fastest of both memory layouts`] : []),
    ]);
  for (const pair of PAIRS) {
    for (const batchSize of BATCH_SIZES) {
      const rate = rates.find((each) => each.pair === pair && each.batchSize === batchSize);
      if (rate) paragraphs.push(kernelTable(rate));
    }
  }
  for (const rate of rates) if (!(BATCH_SIZES as readonly number[]).includes(rate.batchSize)) paragraphs.push(kernelTable(rate));
  if (distillation.length > 0) {
    const last = distillation[distillation.length - 1];
    const speed = Math.max(...distillation.filter(({ stage }) => stage === last.stage).map(({ imagesPerSecond }) => imagesPerSecond));
    paragraphs.push([
      `Training on CIFAR-100 (${last.stage}): epoch ${last.epoch} of ${last.epochs}, loss ${last.loss.toFixed(4)}, validation top-1 ${(100 * last.validationTop1).toFixed(2)} %`,
      `fastest epoch ${rounded(speed)} images/s: ${EPOCHS} epochs of ${IMAGES_OF_AN_EPOCH} images would take ${((EPOCHS * IMAGES_OF_AN_EPOCH) / speed / 60).toFixed(0)} minutes`,
    ]);
  }
  if (notes.length > 0) paragraphs.push(['Notes', ...notes.map((note) => `  ${note}`)]);
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
