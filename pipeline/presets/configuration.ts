/** Every number that a result depends on, with its default. A preset and the command line state only what differs. */
import { basename, resolve } from 'node:path';
import { VARIANT_NAMES, type VariantName } from '@sld-edge/runtime/package/variants.ts';
import { FLIPS, type Flip } from '../data/augmentation/index.ts';
import { parseMethodSpec } from '../distillers/method-spec.ts';
import { optimizers, type OptimizerName } from '../training/optimizers/index.ts';
import type { Recipe } from '../training/training.ts';

export interface Configuration {
  /** Name of the preset, for the record. */
  preset: string;
  /** `name` or `name:path`, see docs/datasets.md. */
  data: string;
  /** Side of the square that the images of `folder` data are brought to; 0: the data set's own. */
  imageSize: number;
  /** Share of the files of `folder` data that may be unreadable and are skipped (at least ten are; with 0 none). */
  maxUnreadable: number;
  /** A checkpoint of ours by name, or a path; empty where the method needs none. */
  teacher: string;
  /** Architecture of a teacher whose file does not say it; empty: from its metadata or side file. */
  teacherNetwork: string;
  /** JSON file that says how the teacher's input is made; empty: the one beside the checkpoint. */
  teacherPreprocessing: string;
  /** How many fixed sets of views have their teacher logits kept on disk, epochs taking turns among them; 0: fresh views every epoch. */
  cacheTeacher: number;
  /** A network's name. */
  student: string;
  /** A method's name; a layer may state it with options, `sld{studentSwap=false}`, which then become `methodOptions`. */
  method: string;
  /** What differs from the method's own defaults, see docs/method.md. */
  methodOptions: Record<string, unknown>;
  /** `balanced`: cross-entropy weighs each class by n / (classes · n_class). */
  classWeights: 'none' | 'balanced';
  /** Whether half of the training images are mirrored; `none` for classes that differ by left and right. */
  flip: Flip;
  engine: string;
  seed: number;
  /** Images held out of the training set, equally many of each class. */
  validationCount: number;
  /** Use only so many training and test images; 0: all. */
  trainLimit: number;
  testLimit: number;
  epochs: number;
  batchSize: number;
  learningRate: number;
  warmupEpochs: number;
  schedule: 'cosine' | 'step';
  /** For `step`: fractions of the epochs after which the rate is multiplied by `stepFactor`. */
  milestones: number[];
  stepFactor: number;
  optimizer: OptimizerName;
  momentum: number;
  nesterov: boolean;
  weightDecay: number;
  /** Rate at which training drops the branches of a transformer's last block, rising linearly from none at the first. */
  stochasticDepth: number;
  /** Threads that make views and ask the teacher, beside the training thread; with several replicas each makes its own. */
  workers: number;
  /** Copies of the network that train together in threads, each on its share of every batch (docs/engines.md); how many decides the weights. 0: as many as suit the engine (`replicasOn`). */
  replicas: number;
  /** Largest allowed loss of top-1 by quantization, in percentage points of the test set. */
  maxDrop: number;
  /** Variants of the package: `auto` for the integer one where the network has a form for it and it loses no more than `maxDrop`, or names with commas; beside `float32` and `uint8`. */
  variants: string;
  /** Of the answers that a package does not withhold, the fraction that may be wrong on validation images; 0: it withholds none. */
  abstainError: number;
  /** The package's name in models/; empty: the data set's, with `-quick` after it for a quick run. */
  name: string;
  /** Proves the stages only; the package says that it is not a real result. */
  quick: boolean;
}

export const defaults: Configuration = {
  preset: 'default',
  data: 'fashion-mnist',
  imageSize: 0,
  maxUnreadable: 0.01,
  teacher: 'resnet20.fashion-mnist',
  teacherNetwork: '',
  teacherPreprocessing: '',
  cacheTeacher: 0,
  student: 'resnet8',
  method: 'sld',
  methodOptions: {},
  classWeights: 'none',
  flip: 'horizontal',
  engine: 'auto',
  seed: 1,
  validationCount: 5000,
  trainLimit: 0,
  testLimit: 0,
  // Four epochs are what the ten minutes of a first run on two cores leave room for.
  epochs: 4,
  // The published recipe for CIFAR ResNets: 64 images, rate 0.05, momentum 0.9, weight decay 5e-4.
  batchSize: 64,
  learningRate: 0.05,
  // The published schedule has 240 epochs and drops in steps; in a few epochs a cosine after a short warm-up gets further.
  warmupEpochs: 0.5,
  schedule: 'cosine',
  milestones: [150 / 240, 180 / 240, 210 / 240],
  stepFactor: 0.1,
  optimizer: 'sgd',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 5e-4,
  stochasticDepth: 0,
  workers: 1,
  replicas: 0,
  maxDrop: 0.5,
  variants: 'auto',
  abstainError: 0,
  name: '',
  quick: false,
};

/**
 * Defaults, then the preset, then the overrides (values of the command line). Options of the method add up over the
 * layers; a layer that names another method starts them anew.
 * @throws Error naming the key for an unknown key, a wrong type, or a number out of its range.
 */
export function configure(...layers: Record<string, unknown>[]): Configuration {
  const merged: Record<string, unknown> = structuredClone({ ...defaults });
  for (const stated of layers) {
    const layer = withMethodTakenApart(stated);
    if (layer.method !== undefined && layer.method !== merged.method) merged.methodOptions = {};
    for (const [key, value] of Object.entries(layer)) {
      if (!Object.hasOwn(defaults, key)) throw new Error(`unknown setting "${key}"; allowed: ${Object.keys(defaults).join(', ')}`);
      const expected = kind(defaults[key as keyof Configuration]);
      const isNoNumber = typeof value === 'number' && !Number.isFinite(value);
      if (kind(value) !== expected || isNoNumber) throw new Error(`setting "${key}" expects a ${expected}, got ${isNoNumber ? value : JSON.stringify(value)}`);
      merged[key] = key === 'methodOptions' ? { ...(merged.methodOptions as object), ...(value as object) } : value;
    }
  }
  // In one order, so that the same options however typed are the same run.
  merged.methodOptions = Object.fromEntries(Object.entries(merged.methodOptions as object).sort(([a], [b]) => (a < b ? -1 : 1)));
  const configuration = merged as unknown as Configuration;
  if (configuration.name === '') configuration.name = `${nameOfData(configuration.data)}${configuration.quick ? '-quick' : ''}`;
  const require = (key: keyof Configuration, holds: boolean, allowed: string): void => {
    if (!holds) throw new Error(`setting "${key}" is ${JSON.stringify(configuration[key])}; allowed: ${allowed}`);
  };
  const whole = (key: 'epochs' | 'batchSize' | 'workers' | 'replicas' | 'validationCount' | 'trainLimit' | 'testLimit' | 'imageSize' | 'cacheTeacher', least: number): void =>
    require(key, Number.isInteger(configuration[key]) && configuration[key] >= least, `whole numbers from ${least}`);
  whole('epochs', 1);
  whole('batchSize', 2);
  whole('workers', 1);
  whole('replicas', 0);
  require('replicas', configuration.replicas === 0 || configuration.batchSize % configuration.replicas === 0, `divisors of the batch size ${configuration.batchSize}`);
  whole('validationCount', 1);
  // Keys of random streams are of 32 bits.
  require('seed', Number.isInteger(configuration.seed) && configuration.seed >= 0 && configuration.seed < 2 ** 32, 'whole numbers from 0 to 4294967295');
  whole('trainLimit', 0);
  whole('testLimit', 0);
  whole('imageSize', 0);
  require('maxUnreadable', configuration.maxUnreadable >= 0 && configuration.maxUnreadable <= 1, 'from 0 to 1');
  whole('cacheTeacher', 0);
  require('classWeights', ['none', 'balanced'].includes(configuration.classWeights), 'none, balanced');
  require('flip', FLIPS.includes(configuration.flip), FLIPS.join(', '));
  require('milestones', configuration.milestones.every((share) => typeof share === 'number' && share > 0 && share < 1), 'fractions of the schedule, above 0 and below 1');
  require('stepFactor', configuration.stepFactor > 0 && configuration.stepFactor <= 1, 'above 0, to 1');
  require('optimizer', Object.hasOwn(optimizers, configuration.optimizer), Object.keys(optimizers).join(', '));
  require('learningRate', configuration.learningRate > 0, 'numbers above 0');
  require('warmupEpochs', configuration.warmupEpochs >= 0 && configuration.warmupEpochs < configuration.epochs, 'from 0 to below epochs');
  require('momentum', configuration.momentum >= 0 && configuration.momentum < 1, 'from 0 to below 1');
  require('weightDecay', configuration.weightDecay >= 0, 'numbers from 0');
  require('stochasticDepth', configuration.stochasticDepth >= 0 && configuration.stochasticDepth < 1, 'from 0 to below 1');
  require('maxDrop', configuration.maxDrop >= 0, 'percentage points from 0');
  require('variants', configuration.variants === 'auto' || configuration.variants.split(',').every((name) => VARIANT_NAMES.includes(name.trim() as VariantName)), `auto, or some of ${VARIANT_NAMES.join(', ')} with commas between`);
  require('abstainError', configuration.abstainError >= 0 && configuration.abstainError < 1, 'from 0 to below 1');
  require('schedule', ['cosine', 'step'].includes(configuration.schedule), 'cosine, step');
  require('name', /^[a-z0-9][a-z0-9._-]*$/.test(configuration.name), 'lower-case letters, digits, dot, dash, underscore');
  return Object.freeze(configuration);
}

/** The data set's name; of one's own pictures the folder's, as far as names of packages allow. */
function nameOfData(data: string): string {
  const [, name, path] = /^([^:]*)(?::(.*))?$/s.exec(data)!;
  const folder = name === 'folder' && path ? basename(resolve(path)).toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-').replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') : '';
  return folder || name;
}

export function recipeOf(configuration: Configuration): Recipe {
  const { epochs, batchSize, learningRate, warmupEpochs, momentum, weightDecay, nesterov, milestones, stepFactor } = configuration;
  return {
    epochs,
    batchSize,
    learningRate,
    warmupEpochs,
    schedule: configuration.schedule === 'step' ? { kind: 'step', milestones: milestones.map((share) => Math.round(share * epochs)), factor: stepFactor } : { kind: 'cosine' },
    optimizer: { name: configuration.optimizer, momentum, weightDecay, nesterov },
  };
}

/** Settings that do not change the trained weights, beside the engine, whose own name goes into the key. */
const NOT_DECISIVE: ReadonlySet<string> = new Set<keyof Configuration>(['preset', 'name', 'maxDrop', 'variants', 'abstainError', 'maxUnreadable', 'engine', 'quick', 'testLimit', 'workers']);

/** Values that a run's key leaves out, so that checkpoints from before there were others are resumed. */
export const LEFT_OUT = { stochasticDepth: 0, replicas: 1, flip: 'horizontal' } satisfies Partial<Configuration>;

/**
 * What decides the weights of a run: a checkpoint is resumed only under the same.
 * @param content checksums of data that may change under the same name: one's own folder of pictures, or the weights that a training starts from
 */
export function trainingKey(configuration: Configuration, engine: string, teacherSha256: string, content?: Record<string, string>): string {
  const decisive = Object.entries(configuration).filter(([key, value]) => !NOT_DECISIVE.has(key) && LEFT_OUT[key as keyof typeof LEFT_OUT] !== value);
  return JSON.stringify({ ...Object.fromEntries(decisive), engine, teacher: teacherSha256, ...(content && { content }) });
}

/** `method: 'sld{studentSwap=false}'` as a name and options. */
function withMethodTakenApart(layer: Record<string, unknown>): Record<string, unknown> {
  if (typeof layer.method !== 'string' || !layer.method.includes('{')) return layer;
  const { method, methodOptions } = parseMethodSpec(layer.method);
  return { ...layer, method, methodOptions: { ...methodOptions, ...(layer.methodOptions as object) } };
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' && value !== null ? 'record' : typeof value;
}
