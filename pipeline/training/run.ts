/** One training from configuration to the last epoch's state: what `distill` and `teacher` share. */
import type { Preprocessing } from '@sld-edge/runtime';
import { createRandom } from '../data/augmentation/index.ts';
import { augmentationOf } from '../data/augmentation/from-settings.ts';
import { createProgress, duration, percent, type Progress } from '../support/progress.ts';
import { distillerOf } from '../distillers/settings.ts';
import type { Engine } from '../engines/index.ts';
import { buildNetwork, type Network } from '../networks/index.ts';
import { initialState, trainableCount, type NetworkState } from '../networks/state.ts';
import { fillLogitCache } from './views/fill-logit-cache.ts';
import type { FileLock } from '../support/file-lock.ts';
import type { Teacher } from '../teachers/teacher.ts';
import { joinedSets } from '../data/sets/image-set.ts';
import { balancedClassWeights } from '../data/sets/class-counts.ts';
import type { RunData } from '../data/run-data.ts';
import { assertReplicas, replicasOn } from './parallel/team.ts';
import { memoryLimit, microBatchFor } from './estimate/fit-to-memory.ts';
import { sayMemory, timeText } from './estimate/say-estimate.ts';
import { watchPace } from './estimate/training-time.ts';
import { openBestEpoch, type KeptEpoch } from './best-epoch.ts';
import { findDivergedLayer } from './find-diverged-layer.ts';
import { openRunFolder } from './run-folder.ts';
import { trainingKey } from './run-key.ts';
import { recipeOf } from './recipe.ts';
import type { TrainingConfiguration } from './settings.ts';
import { DivergenceError, train, type EpochReport } from './train.ts';
import { resultOf, trainingOf } from './training.ts';

export interface TrainingRun<C extends TrainingConfiguration = TrainingConfiguration> {
  network: Network;
  state: NetworkState;
  history: EpochReport[];
  /** The epoch whose weights these are. */
  kept: KeptEpoch;
  folder: string;
  /** Configuration with the batch size and the number of replicas that were used. */
  configuration: C;
  /** Options of the method, as they were used. */
  methodOptions: Readonly<Record<string, unknown>>;
}

/** Network and state to train instead of a fresh network of the configuration's name. */
export interface TrainingStart {
  network: Network;
  state: NetworkState;
  /** Digest of its origin, for the checkpoint's key. */
  identity: string;
  /** Preprocessing of the network's images; default: the data's. */
  preprocessing?: Preprocessing;
  /** Its top-1 on validation images, which the epochs are measured against where the best is kept. */
  validationTop1?: number;
}

export interface RunOptions<C extends TrainingConfiguration = TrainingConfiguration> {
  configuration: C;
  engine: Engine;
  data: RunData;
  teacher?: Teacher;
  folder: string;
  resume: boolean;
  restart: boolean;
  /** Lock of the folder, which the caller holds beyond this training (`lockRunFolder`). */
  lock?: FileLock;
  /** Absent: a fresh network of the configuration's name. */
  start?: TrainingStart;
  say(line: string): void;
  /** Told after every epoch, when its checkpoint is in the folder; the training waits for it. */
  onSaved?(): Promise<void>;
  /** Told the fraction of this training that is done, and its epochs' lines; default a bar of its own. */
  progress?: Progress;
}

/** Stream of the initial weights, apart from those of the samples' views, whose first key is the same seed. */
const INITIAL_WEIGHTS = 0x1417;

/** A shorter rest of a training ends before anybody could plan with it. */
const WORTH_SAYING_SECONDS = 10;

/** Options that decide a training's weights. */
type KeyOptions<C extends TrainingConfiguration = TrainingConfiguration> = Pick<
  RunOptions<C>,
  'configuration' | 'engine' | 'teacher' | 'data' | 'start'
>;

/** Key of this training, which its checkpoints must have (`trainingKey`). */
export const runKey = (options: KeyOptions): string => {
  const { configuration, engine, teacher, data, start } = options;
  const content = { ...(configuration.data.includes(':') && data.provenance.checksums), ...(start && { start: start.identity }) };
  return trainingKey(resolved(options), {
    engine: engine.name,
    teacher: teacher?.identity ?? '',
    ...(Object.keys(content).length > 0 && { content }),
  });
};

/**
 * The configuration with what depends on data, engine and machine: a batch is at most the training set, 0 replicas are as many as suit the
 * engine, and a batch that memory has no room for is worked through in parts.
 * @throws Error in one line where there are too few images, or one image at a time does not fit into memory
 */
function resolved<C extends TrainingConfiguration>({ configuration, engine, data, teacher, start }: KeyOptions<C>): C {
  const stated = configuration.replicas || 1;
  const batchSize = Math.min(configuration.batchSize, data.train.count - (data.train.count % stated));
  if (batchSize < 2)
    throw new Error(`${data.train.count} training images are too few for a batch of ${stated} replicas: a batch has at least 2 images`);
  const replicas = replicasOn(engine.handle, { ...configuration, batchSize });
  const request = {
    network: start?.network ?? freshNetwork(configuration, data),
    views: distillerOf(configuration).views.length,
    batchSize,
    microBatch: configuration.microBatch,
    replicas,
    ...(teacher && configuration.cacheTeacher === 0 && { teacher: teacher.handle }),
  };
  const microBatch = engine.handle.gpu ? configuration.microBatch : microBatchFor(request, memoryLimit());
  return { ...configuration, batchSize, replicas, microBatch };
}

const freshNetwork = ({ student, stochasticDepth }: TrainingConfiguration, { inputShape, labels }: RunData): Network =>
  buildNetwork(student, { inputShape, classes: labels.length, stochasticDepth });

export async function runTraining<C extends TrainingConfiguration>(options: RunOptions<C>): Promise<TrainingRun<C>> {
  const { engine, data, teacher, say } = options;
  const configuration = resolved(options);
  const { replicas } = configuration;
  const recipe = recipeOf(configuration);
  const augmentation = augmentationOf(configuration);
  const network = options.start?.network ?? freshNetwork(configuration, data);
  if (configuration.stochasticDepth > 0 && !network.nodes.some(({ op }) => op === 'dropPath'))
    throw new Error(
      `--stochastic-depth ${configuration.stochasticDepth}: ${network.name} has no branches that training may drop; it is for vision transformers, EfficientNet-Lite, timm's MobileNetV2 and ConvNeXt`,
    );
  const distiller = distillerOf(configuration);
  if (recipe.batchSize < options.configuration.batchSize)
    say(
      `batches of ${recipe.batchSize} images: there are ${data.train.count} training images, fewer than the ${options.configuration.batchSize} of --batch-size`,
    );
  assertReplicas(replicas, engine.handle, recipe.batchSize);
  const { unlabelled } = data;
  if (unlabelled)
    say(
      distiller.needsTeacher
        ? `${unlabelled.count} pictures without a label are learnt from too: what the teacher says of them, and no swap there`
        : `${unlabelled.count} pictures without a label are left out: ${distiller.name} learns from labels alone`,
    );
  const learnt = unlabelled && distiller.needsTeacher ? { ...data, train: joinedSets(data.train, unlabelled) } : data;
  const run = openRunFolder({
    path: options.folder,
    key: runKey(options),
    configuration: { ...configuration, methodOptions: distiller.options, engine: engine.description },
    seed: configuration.seed,
    resume: options.resume,
    restart: options.restart,
    lock: options.lock,
  });
  if (run.resumeFrom) say(`resuming after epoch ${run.resumeFrom.epochsDone} of ${recipe.epochs} from ${run.checkpointPath}`);
  say(
    `training ${network.name} (${trainableCount(network).toLocaleString('en')} parameters) by ${distiller.name} ${JSON.stringify(distiller.options)}`,
  );
  if (replicas > 1) say(`${replicas} replicas, each on ${recipe.batchSize / replicas} of the ${recipe.batchSize} images of a batch`);
  // Of every method, so that one without a teacher sees the views that the others see.
  const viewSets = configuration.cacheTeacher;
  if (viewSets > 0)
    say(
      `views: ${viewSets} fixed set${viewSets === 1 ? '' : 's'}, the same for every seed and method (--cache-teacher); epoch e uses set (e-1) mod ${viewSets} + 1`,
    );
  const teacherCache =
    teacher && viewSets > 0
      ? await fillLogitCache({
          teacher,
          data: learnt,
          sets: viewSets,
          augmentation,
          views: distiller.views,
          engine,
          workers: configuration.workers,
          say,
        })
      : undefined;
  if (teacher)
    say(
      teacherCache
        ? 'teacher logits: from the cache; the teacher is not asked again'
        : 'teacher logits: from the teacher, on fresh views every epoch',
    );
  const training = trainingOf({
    engine,
    network,
    distiller,
    data: learnt,
    ...(options.start?.preprocessing && { preprocessing: options.start.preprocessing, stored: data.inputShape }),
    ...(teacher && { teacher: teacher.handle }),
    viewSets,
    augmentation,
    ...(teacherCache && { teacherCache }),
    ...(configuration.classWeights === 'balanced' && { classWeights: balancedClassWeights(data.train.labels, data.labels.length) }),
    ...(configuration.labelSmoothing > 0 && { labelSmoothing: configuration.labelSmoothing }),
    recipe,
    seed: configuration.seed,
    workers: configuration.workers,
    replicas,
    start: run.resumeFrom ?? {
      model: options.start?.state ?? initialState(network, createRandom(configuration.seed, INITIAL_WEIGHTS)),
      epochsDone: 0,
    },
  });
  sayMemory(training, engine, say);
  const pace = watchPace(training);
  const best =
    configuration.keep === 'best' ? openBestEpoch(run.path, run.resumeFrom?.epochsDone ?? 0, options.start?.validationTop1) : undefined;
  const progress = options.progress ?? createProgress('training');
  let { start } = training;
  const state = await train(training, engine, {
    onStep({ epoch, step, stepsPerEpoch, imagesPerSecond, loss }) {
      const left = pace.onStep({ step, stepsPerEpoch });
      if (left && left.secondsLeft >= WORTH_SAYING_SECONDS) progress.done(timeText(training, left));
      const fraction = (epoch - 1 + step / stepsPerEpoch) / recipe.epochs;
      progress.update(fraction, `epoch ${epoch}/${recipe.epochs}, loss ${loss.toFixed(3)}, ${Math.round(imagesPerSecond)} images/s`);
    },
    async onEpoch(report, checkpoint) {
      start = checkpoint;
      best?.offer(report.epoch, report.validationTop1, resultOf(checkpoint));
      run.recordEpoch(report, checkpoint);
      progress.done(epochLine(report, recipe.epochs));
      await options.onSaved?.();
    },
  }).catch(async (error: unknown) => {
    if (!(error instanceof DivergenceError)) throw error;
    const { message, at } = error;
    if (at) progress.done(`${message}; repeating epoch ${at.epoch} up to step ${at.step} to find the layer`);
    const where = at ? `; ${await findDivergedLayer({ ...training, start }, engine, at)}` : '';
    const good =
      run.history.length > 0
        ? `the last good checkpoint, of epoch ${run.history.at(-1)!.epoch}, is ${run.checkpointPath}`
        : 'no epoch was finished before, so there is no checkpoint';
    throw new DivergenceError(`${message}${where}; ${good}`, at);
  });
  const last = run.history.at(-1)!;
  const kept: KeptEpoch = best ?? { epoch: last.epoch, validationTop1: last.validationTop1 };
  if (kept.epoch < last.epoch)
    say(
      `kept: ${kept.epoch === 0 ? 'the weights that the training started from' : `the weights of epoch ${kept.epoch}`}, the best on validation images (top-1 ${percent(kept.validationTop1)}; the last epoch ${percent(last.validationTop1)})`,
    );
  const model = best ? (best.state() ?? options.start?.state ?? state) : state;
  return { network, state: model, kept, history: run.history, folder: run.path, configuration, methodOptions: distiller.options };
}

function epochLine({ epoch, losses, trainingTop1, validationTop1, imagesPerSecond, seconds }: EpochReport, epochs: number): string {
  const named = Object.entries(losses)
    .map(([name, loss]) => `${name} ${loss.toFixed(3)}`)
    .join(', ');
  return `epoch ${epoch}/${epochs}: ${named}; top-1 training ${percent(trainingTop1)}, validation ${percent(validationTop1)}; ${Math.round(imagesPerSecond)} images/s, ${duration(seconds * 1000)}`;
}
