/** `quantize --to mixed`: a model's weights in fewer bytes, measured layer by layer, and the mix of encodings that its accuracy or a budget allows. */
import { join } from 'node:path';
import { npmCommand } from '../../configuration/help.ts';
import { spreadOver } from '../../data/sets/image-set.ts';
import { startEngine } from '../../engines/start-engine.ts';
import { frozenTensors } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { writeGraphModel, type GraphModel } from '../../packaging/graph-model.ts';
import { createBiasCorrector } from '../../quantization/correct-bias.ts';
import { storageName } from '../../quantization/encodings.ts';
import { accuracyDifference } from '../../evaluation/accuracy.ts';
import { calibrationCount, integerCalibration } from '../../quantization/integer/calibration-images.ts';
import { programWeightBytes, quantizeNetwork } from '../../quantization/integer/quantize-network.ts';
import { DAMAGE_IMAGES } from '../../quantization/mixed/choose-mix.ts';
import { createMixRounder } from '../../quantization/mixed/learned-rounding.ts';
import { compareMixes, type MeasuredMix, type MixReport } from '../../quantization/mixed/compare-mixes.ts';
import { howChosen, millinats, quantizationReport, worstFirst } from '../../quantization/report.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { createProgress, percent } from '../../support/progress.ts';
import { say } from '../../support/say.ts';
import { UsageError } from '../../support/usage-error.ts';
import { sayGate, rowText } from './variant-table.ts';
import { shownProgramLogits } from './integer.ts';
import type { QuantizeLine } from './settings.ts';
import { formLogits, inputsOf, openSubject, type Subject } from './subject.ts';

export async function toMix({ given, values, typed }: QuantizeLine): Promise<object> {
  const { encodings, budgetBytes, comparisonImages, points, withIntegers, out } = values;
  const subject = await openSubject(given);
  const {
    handle: { network },
    data,
    maxDrop,
  } = subject;
  say(`${subject.name}: ${subject.description}`);
  const { tf } = await startEngine(given.engine ?? 'wasm');

  const calibration = spreadOver(data.train, values.images ?? DAMAGE_IMAGES);
  const images = {
    count: calibration.count,
    inputs: (start: number, end: number): Float32Array => inputsOf(subject, calibration.images.range(start, end)),
  };
  const progress = createProgress('quantize');
  const rounding = spreadOver(data.train, values.images ?? calibrationCount(network));
  let share = 0;
  let report: MixReport;
  try {
    const rounder = await createMixRounder(
      tf,
      network,
      { count: rounding.count, inputs: (start, end) => inputsOf(subject, rounding.images.range(start, end)) },
      encodings,
      (layer) => progress.update(share, `rounding of ${layer}`),
    );
    report = await compareMixes(
      {
        network,
        calibration,
        validation: data.validation,
        test: data.test,
        otherBytes: otherBytesOf(network),
        logits: (networks, set, onPasses) => formLogits(tf, subject, networks, set, onPasses),
        correctBias: await createBiasCorrector(tf, network, images),
        rounder,
      },
      { encodings, maxDrop, budgetBytes, points, comparisonImages: comparisonImages || data.test.count },
      sayRow,
      (fraction, what) => progress.update((share = fraction), what),
    );
  } catch (error) {
    if (error instanceof RangeError)
      throw new UsageError(`--budget-bytes: ${error.message}, of ${encodings.join(', ')} and float32`, { cause: error });
    throw error;
  } finally {
    progress.done();
  }
  if (withIntegers) {
    const row = await integerRow(tf, subject, report.float32Logits);
    report.variants.splice(-1, 0, row);
    sayRow(row);
  }

  for (const { name, choices } of worstFirst(report.units).slice(0, 3)) {
    say(
      `worst layer ${name}: ${choices
        .slice(1)
        .map((choice) => `${storageName(choice)} ${millinats(choice.damage)} mnat (weights off by ${percent(choice.relativeError)})`)
        .join(', ')}`,
    );
  }
  say(howChosen(report, maxDrop, budgetBytes));
  const gate = sayGate(report.choice.validation, maxDrop);
  const page = quantizationReport({
    title: `${network.name}: size against accuracy`,
    subject: `${subject.name}: ${subject.description}. Data: ${data.name}.`,
    report,
    maxDrop,
    budgetBytes,
    calibrationCount: calibration.count,
    gate,
    command: npmCommand(
      'quantize',
      typed.filter((word, i) => !isOutput(word) && !isOutput(typed[i - 1] ?? '')),
    ),
  });
  if (values.report) writeFileAtomic(values.report, page);
  if (out && gate.pass) {
    writeFileAtomic(join(out, 'report.html'), page);
    writeGraphs(out, {
      float32: writeGraphModel(network, 'float32'),
      uint8: writeGraphModel(network, 'uint8'),
      mixed: writeGraphModel(report.stored, report.mix),
    });
  }
  const layers = report.units.map(({ name, choices }, i) => ({ name, chosen: storageName(report.chosen[i]), choices }));
  const mix = Object.fromEntries([...report.mix].map(([tensor, storage]) => [tensor, storageName(storage)]));
  return { variants: report.variants, layers, mix, choice: report.choice, gate, pass: gate.pass };
}

/** Recognises flags of output paths, which do not decide results. */
const isOutput = (word: string): boolean => ['--out', '--report'].includes(word) || word === '--json' || /^--(out|report)=/.test(word);

/** Bytes of a graph file that are in no layer: shapes, axes, scalars. */
const otherBytesOf = (network: FrozenNetwork): number =>
  writeGraphModel(network, 'float32').weightBytes - frozenTensors(network).reduce((sum, { data }) => sum + data.byteLength, 0);

const NAME_WIDTH = 16;

const sayRow = (row: MeasuredMix): void =>
  say(`${rowText(row, NAME_WIDTH, `${row.weightBytes.toLocaleString('en').padStart(11)} bytes, `)}; opens in ${row.opens}`);

/** Integer arithmetic as one more point beside the mixes. @throws Error in one line for a network that has no integer form */
async function integerRow(tf: Parameters<typeof formLogits>[0], subject: Subject, float32: Float32Array): Promise<MeasuredMix> {
  const {
    handle: { network, preprocessing },
    data,
  } = subject;
  const program = await quantizeNetwork(
    tf,
    network,
    integerCalibration(data.train, data.inputShape, preprocessing, calibrationCount(network)),
  );
  const logits = await shownProgramLogits(program, data.test, subject, 1, 'test');
  return {
    variant: 'integers',
    kind: 'integer',
    opens: 'integer runtime',
    weightBytes: programWeightBytes(program),
    ...accuracyDifference(float32, logits, data.test.labels, network.classes),
  };
}

function writeGraphs(folder: string, graphs: Record<string, GraphModel>): void {
  for (const [name, graph] of Object.entries(graphs)) {
    for (const shard of graph.shards) writeFileAtomic(join(folder, name, shard.name), shard.bytes);
    writeFileAtomic(join(folder, name, 'model.json'), JSON.stringify(graph.modelJson));
    const isStock = (graph.modelJson as { format: string }).format === 'graph-model';
    say(
      `written to ${join(folder, name)}; ${isStock ? 'stock tf.loadGraphModel opens its model.json' : 'only our loader opens it (docs/package-format.md, "Mixed weights")'}`,
    );
  }
}
