/**
 * A registered network of each kind as an integer program: its nodes against an independent reference, its logits against the float network; the
 * same as an ONNX model on ONNX Runtime against the program.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  clamp,
  createIntegerRunner,
  largestActivation,
  kernelOf,
  openProgram,
  sizeOfShape,
  type IntegerProgram,
} from '@sld-edge/runtime/integer';
import { createIntegerWebgpuBackend, integerWasmKernels } from '@sld-edge/runtime';
import { differenceFromInterpreter } from '@sld-edge/runtime/testing';
import type { Engine } from '../../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import type { Network } from '../../networks/index.ts';
import { createFrozenRunner } from '../../networks/run-frozen.ts';
import { operations } from '../../networks/operations/index.ts';
import { trainableCount } from '../../networks/state.ts';
import { writeInt8OnnxModel } from '../../packaging/onnx-int8-model.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { errorOf } from '../../testing/error-of.ts';
import { referenceValue } from '../../testing/integer-reference.ts';
import { madeNetworks } from '../../testing/made-networks.ts';
import { differencesApart } from '../../testing/onnx-int8-apart.ts';
import { onnxDescription, onnxLogits } from '../../testing/open-onnx-model.ts';
import { randomState } from '../../testing/random-state.ts';
import { networksOfEachKind } from '../../testing/small-networks.ts';
import { softwareWebgpu } from '../../testing/software-webgpu.ts';
import { wavePixels } from '../../testing/wave-pixels.ts';
import { activationsBeforeConcat } from './activations-before-concat.ts';
import { assertIntegerForm } from './lower.ts';
import { visitLayers } from '../visit-layers.ts';
import { networkInputs, quantizeNetwork } from './quantize-network.ts';

const [CALIBRATION, TESTED] = [8, 4];
const SCALE = { factor: [0.015, 0.016, 0.017], offset: [-1.9, -2, -1.8] };
/** More than this, and a test would take minutes. */
const LARGEST = 6e6;
/** Weights of programs that a GPU in software computes too: networks of as many have every kernel. */
const LARGEST_ON_GPU = 1e6;
/** Values of a node that are compared with the reference, which takes a microsecond for each product. */
const SAMPLES = 12;

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

function floatLogits(network: FrozenNetwork, pixels: Uint8Array): Float32Array {
  const { height, width, channels } = network.inputShape;
  const { count, inputs } = networkInputs(pixels, network, SCALE);
  const runner = createFrozenRunner(engine.tf, network);
  const logits = engine.tf.tidy(
    () =>
      runner
        .logits(engine.tf.tensor4d(inputs(0, count), [count, height, width, channels]))
        .dataSync()
        .slice() as Float32Array,
  );
  runner.dispose();
  return logits;
}

/** Pearson's correlation. */
function correlation(a: Float32Array, b: Float32Array): number {
  const centred = (values: Float32Array): Float32Array => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  const product = (p: Float32Array, q: Float32Array): number => p.reduce((sum, value, i) => sum + value * q[i], 0);
  const [x, y] = [centred(a), centred(b)];
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

/**
 * The largest relative error, √(Σ difference² / Σ value²), that one node alone makes: its inputs are the float network's brought
 * to integers, its outputs are compared with the float network's.
 */
async function worstNode(
  program: IntegerProgram,
  frozen: FrozenNetwork,
  calibration: Uint8Array,
): Promise<{ name: string; error: number }> {
  const network = activationsBeforeConcat(frozen);
  const image = calibration.subarray(0, sizeOfShape(program.nodes[0].shape));
  const largest = largestActivation(program.activationBits ?? 7);
  const floats = new Map<string, Float32Array>();
  await visitLayers(engine.tf, network, networkInputs(image, network, SCALE), {
    pick: (_node, value) => value,
    read: ({ name }, values) => floats.set(name, values),
  });
  const byName = new Map(program.nodes.map((node) => [node.name, node]));
  let worst = { name: '', error: 0 };
  for (const node of program.nodes) {
    if (node.op === 'logits') continue;
    const from = node.inputs.map((name) => byName.get(name)!);
    const inputs =
      node.op === 'input'
        ? [image]
        : from.map(({ name, scale, zeroPoint }) =>
            Uint8Array.from(floats.get(name)!, (value) => clamp(Math.round(value / scale) + zeroPoint, 0, largest)),
          );
    const output = new Uint8Array(sizeOfShape(node.shape));
    kernelOf(
      node,
      from.map(({ shape }) => shape),
    )(inputs, output);
    const expected = floats.get(node.name)!;
    const [difference, energy] = [
      expected.reduce((sum, value, i) => sum + (value - node.scale * (output[i] - node.zeroPoint)) ** 2, 0),
      expected.reduce((sum, value) => sum + value ** 2, 0),
    ];
    const error = Math.sqrt(difference / energy);
    if (!(error <= worst.error)) worst = { name: `${node.op} ${node.name}`, error };
  }
  return worst;
}

/** Every node of the program on one image, a few of its values each. @returns how many were compared */
function compareWithReference(program: IntegerProgram, image: Uint8Array, samples: number): number {
  const runner = createIntegerRunner(program);
  const logits = runner.integerLogits(image);
  const shapes = new Map(program.nodes.map(({ name, shape }) => [name, shape]));
  let compared = 0;
  for (const node of program.nodes) {
    const values = node.op === 'logits' ? logits : runner.activations.get(node.name)!;
    const inputs = node.op === 'input' ? [image] : node.inputs.map((name) => runner.activations.get(name)!);
    const from = node.op === 'input' ? [node.shape] : node.inputs.map((name) => shapes.get(name)!);
    const count = Math.min(samples, values.length);
    for (let i = 0; i < count; i++) {
      // The first, the last, and some between.
      const at = count === 1 ? 0 : Math.floor((i * (values.length - 1)) / (count - 1));
      const expected = Number(referenceValue(node, at, inputs, from));
      if (values[at] !== expected)
        throw new Error(`${program.name}, ${node.op} "${node.name}", value ${at}: ${values[at]}, the reference has ${expected}`);
      compared++;
    }
  }
  return compared;
}

/**
 * The program as an ONNX model in the QDQ form, opened by ONNX Runtime. Node by node, from the same inputs, activations are the
 * program's but for halves, which R rounds upwards and ONNX to the even neighbour, and for multipliers' last bits: seldom, and
 * then by one step. Logits, which it alone doesn't round, are within one step. As a whole its logits follow the program's.
 * @param ofProgram the program's logits
 */
async function compareAsOnnx(program: IntegerProgram, network: Network, pixels: Uint8Array, ofProgram: Float32Array): Promise<void> {
  const { height, width, channels } = network.inputShape;
  const { inputs: inputsOf, count } = networkInputs(pixels, network, SCALE);
  const inputs = inputsOf(0, count);
  const size = pixels.length / count;
  const far = (await differencesApart(program, pixels.subarray(0, size), inputs.subarray(0, size))).filter(
    ({ node, steps, fraction }) => steps > 1 || (node.op !== 'logits' && fraction > 0.02),
  );
  expect(far.map(({ node, steps, fraction }) => `${node.op} ${node.name}: ${steps} steps, ${fraction} of the values`)).toEqual([]);
  const { dims, logits } = await onnxLogits(writeInt8OnnxModel(program, onnxDescription(network)), inputs, [
    count,
    height,
    width,
    channels,
  ]);
  expect(dims).toEqual([count, network.classes]);
  expect(correlation(logits, ofProgram)).toBeGreaterThan(0.99);
}

const { missing, gpu } = await softwareWebgpu();
const webgpu = gpu && createIntegerWebgpuBackend({ gpu });

/** Compares the kernels with the interpreter on the first images, as the program runs and for every node of it. @returns logits of all images */
async function logitsOfKernels(
  program: IntegerProgram,
  pixels: Uint8Array,
  images: number,
  largestOnGpu = Infinity,
): Promise<Float32Array> {
  const { set, module } = await integerWasmKernels('wasm');
  const first = pixels.subarray(0, images * sizeOfShape(program.nodes[0].shape));
  const weights = program.nodes.reduce((sum, node) => sum + ('weights' in node ? node.weights.length : 0), 0);
  let integers: Int32Array = new Int32Array();
  for (const keepActivations of [false, true]) {
    const planned = await openProgram(program, set, module, { keepActivations });
    expect(await differenceFromInterpreter(program, planned, first)).toBeUndefined();
    integers = planned.integerLogits(pixels);
    const onGpu = weights <= largestOnGpu ? await webgpu?.loadProgram(program, { keepActivations }) : undefined;
    if (!onGpu) continue;
    const compared = { integerLogits: onGpu.integerLogits, activations: () => onGpu.activations };
    expect(await differenceFromInterpreter(program, compared, first)).toBeUndefined();
    onGpu.dispose();
  }
  return Float32Array.from(integers, (value) => value * Math.fround(program.nodes.at(-1)!.scale));
}

it.skipIf(missing !== '')(`kernels of a GPU are held against the interpreter too${missing}`, async () => {
  await webgpu!.init();
});

/** Reasons for which networks have no integer form, by their names. */
const OBSTACLES: [name: RegExp, reason: string][] = [
  [/vit|deit/, 'its operation classToken \\(".+"\\) makes sequences'],
  [/convnext/, 'its operation layerNorm \\(".+"\\) divides by a root'],
  [/squeezenet/, 'its logits come from globalAveragePool, expected a linear layer'],
];

describe.each(networksOfEachKind())('%s', (_name, network) => {
  const tooLarge = trainableCount(network) > LARGEST ? ` [skipped: ${Math.round(trainableCount(network) / 1e6)} million parameters]` : '';

  it.skipIf(tooLarge !== '')(
    `has integers that are the reference's and follow the float network, here and as an ONNX model, or says why not${tooLarge}`,
    async () => {
      const frozen = freeze(network, randomState(network));
      const obstacle = OBSTACLES.find(([of]) => of.test(_name));
      if (obstacle) {
        expect((await errorOf(() => assertIntegerForm(frozen))).message).toMatch(
          new RegExp(`^${_name.replaceAll('.', '\\.')} has no integer variant: ${obstacle[1]}`),
        );
        return;
      }
      const calibration = wavePixels(network, CALIBRATION, 1);
      const program = await quantizeNetwork(engine.tf, frozen, { pixels: calibration, scale: SCALE });
      const tested = wavePixels(network, TESTED, 2);
      const size = tested.length / TESTED;
      expect(compareWithReference(program, tested.subarray(0, size), SAMPLES)).toBeGreaterThan(program.nodes.length);
      const integer = await logitsOfKernels(program, tested, 1, LARGEST_ON_GPU);
      expect(correlation(integer, floatLogits(frozen, tested))).toBeGreaterThan(0.99);
      expect((await worstNode(program, frozen, calibration)).error).toBeLessThan(0.15);
      await compareAsOnnx(program, network, tested, integer);
    },
  );
});

describe.each(madeNetworks())('%s', (_what, network) => {
  it('every value of every node is the reference’s, as an ONNX model too', async () => {
    const frozen = freeze(network, randomState(network));
    const calibration = wavePixels(network, 8, 3);
    const program = await quantizeNetwork(engine.tf, frozen, { pixels: calibration, scale: SCALE });
    const tested = wavePixels(network, TESTED, 4);
    const size = tested.length / TESTED;
    expect(compareWithReference(program, tested.subarray(0, size), Infinity)).toBeGreaterThan(100);
    const integer = await logitsOfKernels(program, tested, TESTED);
    expect(correlation(integer, floatLogits(frozen, tested))).toBeGreaterThan(0.98);
    expect((await worstNode(program, frozen, calibration)).error).toBeLessThan(0.08);
    await compareAsOnnx(program, network, tested, integer);
  });
});

describe('the registry of operations', () => {
  it.each(Object.entries(operations).filter(([, { frozen }]) => frozen))(
    '%s has an integer form or says why not, and not both',
    (_name, { frozen }) => {
      expect(Boolean(frozen!.toInteger)).not.toBe(Boolean(frozen!.noInteger));
    },
  );
});
