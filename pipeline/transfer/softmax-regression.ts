/**
 * Softmax regression over features in memory, its L2 strength chosen on validation images. Features are standardised for it,
 * and the weights that it returns take them as they are.
 */
import { crossEntropyOf } from '../evaluation/temperature.ts';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { minimise, type Evaluation } from './minimise.ts';

/** Rows of features with their classes. */
export interface LabelledFeatures {
  /** `[count, width]` */
  features: Float32Array;
  labels: ArrayLike<number>;
}

export interface SoftmaxRegression {
  /** `[classes, width]` */
  weight: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
  /** The chosen strength λ: the loss is the mean cross-entropy + λ/2·|W|², of standardised features. */
  strength: number;
  /** Mean cross-entropy of the validation images, its standard error, and the fraction of them that is right. */
  validationLoss: number;
  lossError: number;
  validationTop1: number;
}

/** From strong to weak, each from where the one before ended. */
const STRENGTHS = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5];
/** So many weaker strengths in a row that are worse end the search. */
const PATIENCE = 2;
const SEARCH = { steps: 60, tolerance: 1e-5, leastDecrease: 3e-4 };
/** A feature that hardly varies is not blown up. */
const LEAST_DEVIATION = 1e-6;

/**
 * @param classWeights how much each class counts; absent: all alike
 * @param onStrength told the fraction of the strengths that were tried
 * @throws Error where a feature is not finite
 */
export async function softmaxRegression(
  tf: Tfjs,
  train: LabelledFeatures,
  validation: LabelledFeatures,
  classes: number,
  classWeights?: Float32Array,
  onStrength: (fraction: number) => void = () => {},
): Promise<SoftmaxRegression> {
  const count = train.labels.length;
  const width = train.features.length / count;
  const scaling = scalingOf(train.features, width);
  const x = tf.tensor2d(standardised(train.features, scaling), [count, width]);
  const weights = Float32Array.from({ length: count }, (_, i) => classWeights?.[train.labels[i]] ?? 1);
  const targets = tf.tidy(() => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const rows = tf.tensor2d(
      weights.map((weight) => weight / total),
      [count, 1],
    );
    return tf.keep(tf.mul(tf.oneHot(tf.tensor1d(Int32Array.from(train.labels), 'int32'), classes).toFloat(), rows) as Tensor2D);
  });
  const evaluate = objectiveOn(tf, x, targets, classes);
  const held = standardised(validation.features, scaling);
  let point: Float64Array = new Float64Array((width + 1) * classes);
  const tried: SoftmaxRegression[] = [];
  let worse = 0;
  try {
    for (const [i, strength] of STRENGTHS.entries()) {
      ({ point } = await minimise((at) => evaluate(at, strength), point, SEARCH));
      const logits = linear(held, point, width, classes);
      const losses = crossEntropies(logits, validation.labels, classes);
      const validationLoss = meanOf(losses);
      const validationTop1 = accuracy(logits, validation.labels, classes).top1;
      onStrength((i + 1) / STRENGTHS.length);
      const least = Math.min(...tried.map((other) => other.validationLoss));
      tried.push({ strength, validationLoss, lossError: standardError(losses), validationTop1, ...unscaled(point, scaling, classes) });
      worse = validationLoss < least ? 0 : worse + 1;
      if (worse === PATIENCE) break;
    }
  } finally {
    tf.dispose([x, targets]);
  }
  return chosen(tried);
}

/**
 * The strongest penalty whose loss is within one standard error of the least (Breiman et al. 1984, Classification and Regression Trees):
 * the least alone would follow chance, and validation images that resemble the training images ask for ever weaker penalties.
 * @param tried from strong to weak
 */
export function chosen<T extends Pick<SoftmaxRegression, 'validationLoss' | 'lossError'>>(tried: readonly T[]): T {
  const best = tried.reduce((least, one) => (one.validationLoss < least.validationLoss ? one : least));
  return tried.find(({ validationLoss }) => validationLoss <= best.validationLoss + best.lossError)!;
}

/**
 * The regularised loss and its gradient; the point is `[width, classes]` weights and `[classes]` biases.
 * @param targets one-hot rows times their share of the loss
 */
function objectiveOn(
  tf: Tfjs,
  x: Tensor2D,
  targets: Tensor2D,
  classes: number,
): (point: Float64Array, strength: number) => Promise<Evaluation> {
  const width = x.shape[1];
  const size = width * classes;
  return async (point, strength) => {
    const [loss, weightGradient, biasGradient] = tf.tidy(() => {
      const w = tf.tensor2d(Float32Array.from(point.subarray(0, size)), [width, classes]);
      const b = tf.tensor1d(Float32Array.from(point.subarray(size)));
      const logits = tf.add(tf.matMul(x, w), b);
      const logProbabilities = tf.logSoftmax(logits);
      const shares = tf.sum(targets, 1, true);
      const residuals = tf.sub(tf.mul(tf.exp(logProbabilities), shares), targets) as Tensor2D;
      return [tf.neg(tf.sum(tf.mul(logProbabilities, targets))), tf.matMul(x, residuals, true), tf.sum(residuals, 0)];
    });
    const [[crossEntropy], ofWeights, ofBiases] = await Promise.all([loss, weightGradient, biasGradient].map((tensor) => tensor.data()));
    tf.dispose([loss, weightGradient, biasGradient]);
    const gradient = new Float64Array(point.length);
    let squares = 0;
    for (let i = 0; i < size; i++) {
      squares += point[i] * point[i];
      gradient[i] = ofWeights[i] + strength * point[i];
    }
    gradient.set(ofBiases, size);
    return { value: crossEntropy + (strength / 2) * squares, gradient };
  };
}

interface Scaling {
  mean: Float64Array;
  deviation: Float64Array;
}

function scalingOf(features: Float32Array, width: number): Scaling {
  const count = features.length / width;
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < features.length; at += width) for (let f = 0; f < width; f++) mean[f] += features[at + f] / count;
  for (let at = 0; at < features.length; at += width)
    for (let f = 0; f < width; f++) squares[f] += (features[at + f] - mean[f]) ** 2 / count;
  const broken = mean.findIndex((value, f) => !Number.isFinite(value + squares[f]));
  if (broken >= 0) throw new Error(`feature ${broken} of the backbone is not finite: its weights or its normalisation are wrong`);
  return { mean, deviation: squares.map((square) => (Math.sqrt(square) < LEAST_DEVIATION ? 1 : Math.sqrt(square))) };
}

function standardised(features: Float32Array, { mean, deviation }: Scaling): Float32Array {
  const width = mean.length;
  return features.map((value, i) => (value - mean[i % width]) / deviation[i % width]);
}

/** The same logits of features as they are. */
function unscaled(point: Float64Array, { mean, deviation }: Scaling, classes: number): { weight: Float32Array; bias: Float32Array } {
  const width = mean.length;
  const weight = new Float32Array(classes * width);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    let offset = point[width * classes + c];
    for (let f = 0; f < width; f++) {
      const scaled = point[f * classes + c] / deviation[f];
      weight[c * width + f] = scaled;
      offset -= scaled * mean[f];
    }
    bias[c] = offset;
  }
  return { weight, bias };
}

function linear(features: Float32Array, point: Float64Array, width: number, classes: number): Float32Array {
  const count = features.length / width;
  const out = new Float32Array(count * classes);
  for (let i = 0; i < count; i++)
    for (let c = 0; c < classes; c++) {
      let sum = point[width * classes + c];
      for (let f = 0; f < width; f++) sum += features[i * width + f] * point[f * classes + c];
      out[i * classes + c] = sum;
    }
  return out;
}

/** Cross-entropy of each row. */
function crossEntropies(logits: Float32Array, labels: ArrayLike<number>, classes: number): Float64Array {
  return Float64Array.from({ length: labels.length }, (_, i) => crossEntropyOf(logits.subarray(i * classes, (i + 1) * classes), labels[i]));
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard error of the mean. */
function standardError(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / values.length;
}
