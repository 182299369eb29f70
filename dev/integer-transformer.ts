/**
 * `npm run dev:integer-transformer`: what a vision transformer loses if softmax, GELU and layer norm are computed by shifts as I-ViT does
 * (Li and Gu 2023, arXiv 2207.01405), as rounded and after training with the rounding. An experiment: programs of integers have no such
 * operations.
 */
import type { Scalar, Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { type Line } from '../pipeline/configuration/command-line.ts';
import { createRandom } from '../pipeline/data/augmentation/index.ts';
import { openRunData, type RunData } from '../pipeline/data/run-data.ts';
import { dataSettings } from '../pipeline/data/settings.ts';
import type { ImageSet } from '../pipeline/data/sets/index.ts';
import { startEngine } from '../pipeline/engines/start-engine.ts';
import { accuracy, agreement } from '../pipeline/evaluation/accuracy.ts';
import { createProgress, percent } from '../pipeline/support/progress.ts';
import { say } from '../pipeline/support/say.ts';
import { defaultsOf, type SettingTable } from '../pipeline/support/setting.ts';
import { number, path, whole } from '../pipeline/support/value.ts';
import { readSafetensors } from '../pipeline/weights/safetensors.ts';
import { benchSetting, runBench } from '../bench/command.ts';
import { transformerLogits, type TransformerForward } from './integer-transformer/forward.ts';
import { asIs, calibrating, rounding, type Magnitudes, type PassRounding } from './integer-transformer/straight-through.ts';

/** `vit_tiny_patch4_32`. */
const NETWORK = { patch: 4, depth: 12, heads: 3 };
const BATCH = 50;
/** Share of the loss that the float32 network's probabilities have, beside the labels. */
const TEACHER_SHARE = 0.9;

const settings = {
  model: { ...benchSetting, ...path(''), required: 'CHECKPOINT', help: 'a vit_tiny_patch4_32 as .safetensors', isFirst: true },
  data: dataSettings.data,
  testLimit: { ...dataSettings.testLimit, ...whole(2000, { from: 1 }), help: 'test images' },
  calibration: { ...benchSetting, ...whole(256, { from: BATCH }), help: 'training images that the scales are taken from', unit: 'images' },
  steps: { ...benchSetting, ...whole(200, { from: 0 }), help: 'steps of training with the rounding' },
  batch: { ...benchSetting, ...whole(32, { from: 1 }), help: 'images of a step' },
  learningRate: { ...benchSetting, ...number(2e-5, { above: 0 }), help: "Adam's" },
} as const satisfies SettingTable;

/** Every combination that is tried; the first is the network as it is. */
const FORMS: { name: string; rounds: boolean; form: Pick<TransformerForward, 'residualBits' | 'functions'> }[] = [
  { name: 'float32', rounds: false, form: { residualBits: 8, functions: 'float32' } },
  { name: 'sums of 16 bits, functions in float32', rounds: true, form: { residualBits: 16, functions: 'float32' } },
  { name: 'sums of 16 bits, functions by shifts', rounds: true, form: { residualBits: 16, functions: 'shifts' } },
  { name: 'sums of 8 bits, functions in float32', rounds: true, form: { residualBits: 8, functions: 'float32' } },
  { name: 'sums of 8 bits, functions by shifts', rounds: true, form: { residualBits: 8, functions: 'shifts' } },
];

async function run({ values }: Line<typeof settings>): Promise<void> {
  const { model, data: spec, testLimit, calibration, steps, batch, learningRate } = values;
  const { tf } = await startEngine('auto', 2);
  const data = await openRunData({ ...defaultsOf(dataSettings), data: spec, testLimit }, say);
  const weights = new Map<string, Variable>(
    [...readSafetensors(model).tensors].map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, shape as number[]))]),
  );
  const input = (set: ImageSet, indices: Uint32Array): Tensor4D =>
    tf.tensor4d(data.normalise(set.images.subset(indices).range(0, indices.length)), [indices.length, ...sizeOf(data)]);
  const logitsOf = (x: Tensor4D, form: (typeof FORMS)[number]['form'], rounding: PassRounding): Tensor =>
    transformerLogits(tf, weights, x, { ...NETWORK, ...form }, rounding);

  const magnitudes: Magnitudes = new Map();
  for (const indices of batches(calibration, BATCH))
    tf.tidy(() => void logitsOf(input(data.train, indices), FORMS[0].form, calibrating(tf, magnitudes)));

  const rows: { name: string; trained: boolean; top1: number; agreement: number }[] = [];
  let own: Float32Array | undefined;
  const measure = async ({ name, rounds, form }: (typeof FORMS)[number], trained: boolean): Promise<void> => {
    const progress = createProgress(name);
    const logits = new Float32Array(data.test.count * data.labels.length);
    for (const indices of batches(data.test.count, BATCH)) {
      const tensor = tf.tidy(() => logitsOf(input(data.test, indices), form, rounds ? rounding(tf, magnitudes) : asIs));
      logits.set(await tensor.data<'float32'>(), indices[0] * data.labels.length);
      tensor.dispose();
      progress.update(indices[0] / data.test.count, `${indices[0]} of ${data.test.count} images`);
    }
    own ??= logits;
    const { top1 } = accuracy(logits, data.test.labels, data.labels.length);
    rows.push({ name, trained, top1, agreement: agreement(logits, own, data.labels.length) });
    progress.done(`${name}${trained ? ', trained' : ''}: top-1 ${percent(top1)}, float32's answer on ${percent(rows.at(-1)!.agreement)}`);
  };
  for (const form of FORMS) await measure(form, false);

  const float32 = new Map([...weights].map(([name, variable]) => [name, variable.clone()]));
  for (const form of steps > 0 ? FORMS.filter(({ form }) => form.functions === 'shifts') : []) {
    for (const [name, variable] of weights) variable.assign(float32.get(name)!);
    const optimizer = tf.train.adam(learningRate);
    const random = createRandom(1);
    const progress = createProgress(`training with ${form.name}`);
    for (let step = 0; step < steps; step++) {
      const indices = Uint32Array.from({ length: batch }, () => random.integer(data.train.count));
      const loss = tf.tidy(() => {
        const x = input(data.train, indices);
        const wanted = tf.softmax(transformerLogits(tf, float32, x, { ...NETWORK, ...FORMS[0].form }, asIs));
        const labels = tf.oneHot(
          tf.tensor1d(
            Int32Array.from(indices, (i) => data.train.labels[i]),
            'int32',
          ),
          data.labels.length,
        );
        const targets = tf.add(tf.mul(wanted, TEACHER_SHARE), tf.mul(labels, 1 - TEACHER_SHARE));
        return optimizer.minimize(
          () => tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logitsOf(x, form.form, rounding(tf, magnitudes)))), -1))) as Scalar,
          true,
        )!;
      });
      progress.update((step + 1) / steps, `step ${step + 1} of ${steps}, loss ${(await loss.data())[0].toFixed(3)}`);
      loss.dispose();
    }
    progress.done();
    await measure(form, true);
  }
  console.log(JSON.stringify({ images: data.test.count, rows }));
}

const sizeOf = ({ inputShape: { height, width, channels } }: RunData): [number, number, number] => [height, width, channels];

function* batches(count: number, size: number): Generator<Uint32Array> {
  for (let start = 0; start < count; start += size) yield Uint32Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i);
}

await runBench({
  name: 'dev:integer-transformer',
  summary: 'Measures a vision transformer whose functions are computed by shifts.',
  settings,
  run,
});
