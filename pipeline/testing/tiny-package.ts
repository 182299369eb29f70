/** A measured student of a few small images, as the stages before packaging leave it. */
import { VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, type Network } from '../networks/index.ts';
import { trainableCount, type NetworkState } from '../networks/state.ts';
import { measureGoldens } from '../packaging/measure-goldens.ts';
import { measureInt8Onnx } from '../packaging/measure-int8-onnx.ts';
import { accuracyGate, measureOnTest, writeCandidates } from '../packaging/measure-variants.ts';
import { writeOnnxModel } from '../packaging/onnx-model.ts';
import type { StudentRecord } from '../packaging/student.ts';
import type { PackageInput } from '../packaging/package-input.ts';
import { configure } from '../configuration/configure.ts';
import type { RunData } from '../data/run-data.ts';
import { randomState } from './random-state.ts';
import { tinyRunData, type TinyOptions } from './tiny-data.ts';

export interface TinyStudent {
  data: RunData;
  network: Network;
  state: NetworkState;
  record: StudentRecord;
}

export function tinyStudent(options?: TinyOptions): TinyStudent {
  const data = tinyRunData(options);
  const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: data.labels.length });
  const history = [1, 2].map((epoch) => ({
    epoch,
    losses: { ce: 1 / epoch, total: 1 / epoch },
    trainingTop1: 0.4,
    validationTop1: 0.25 * epoch,
    learningRate: 0.1,
    imagesPerSecond: 100,
    seconds: 1,
    tensors: 50,
  }));
  const record: StudentRecord = {
    configuration: { ...configure({ preset: 'test', epochs: 2, validationCount: 12, batchSize: 16, name: 'tiny' }), data: 'tiny' },
    methodOptions: { temperatures: [1, 2] },
    engine: 'an engine of the test',
    data: data.provenance,
    teacher: { name: 'big', network: 'resnet20', sha256: 'ab'.repeat(32), validationTop1: 0.9, testTop1: 0.875 },
    test: { top1: 0.5, top5: 1, count: 24 },
    history,
  };
  return { data, network, state: randomState(network), record };
}

/** Starts threads: a few seconds. */
export async function tinyPackageInput(
  { data, network, state, record }: TinyStudent,
  packaged: readonly VariantName[] = VARIANT_NAMES,
): Promise<Omit<PackageInput, 'modelsFolder'>> {
  const frozen = freeze(network, state);
  const variants = await measureOnTest(await writeCandidates(frozen, data, packaged, { maxDrop: 100 }), data);
  const onnx = writeOnnxModel(frozen, data);
  const int8Onnx = await measureInt8Onnx(variants, data);
  return {
    record,
    networkName: network.name,
    parameters: trainableCount(network),
    data,
    variants,
    packaged,
    gate: accuracyGate(variants, 100),
    abstainError: 0,
    makeDefault: true,
    onnx,
    ...(int8Onnx && { int8Onnx }),
    goldens: await measureGoldens(variants, packaged, onnx, data),
    software: { node: 'v0', commit: 'none' },
  };
}
