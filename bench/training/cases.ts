/** Cases that are measured, one line each. Adding one is adding a line. */
import type { Shape } from '../../pipeline/networks/index.ts';

/** Turns and steps of the measurement of a case. */
export interface Effort {
  /** Turns of each side. */
  blocks: number;
  /** Timed steps of a turn; one more before them is not counted. */
  steps: number;
  /** Steps of the profile (0: none). */
  profileSteps: number;
  /** Timed steps of a turn of the trainer itself, with its threads (0: none), and its turns between PyTorch's. */
  realSteps: number;
  realTurns: number;
}

/** Effort for a case that states nothing else. */
export const USUAL_EFFORT: Effort = { blocks: 8, steps: 5, profileSteps: 10, realSteps: 50, realTurns: 3 };

export interface TrainingCase {
  /** Name for `--cases` and the report. */
  name: string;
  /** A network's name. */
  student: string;
  /**
   * Teacher's network. With one the case trains by SLD on weak and strong views, the student's swap on; without, by cross-entropy with
   * labels on one view.
   */
  teacher?: string;
  /** Batch norms are folded into the convolutions, as in a training from pretrained weights. */
  folded?: true;
  /** No training: the frozen network's values before its head, as of cached features. */
  features?: true;
  input: Shape;
  classes: number;
  /** Labelled images in a step; every image rate counts these, whatever the number of views. */
  batchSize: number;
  /** Turns and steps that differ from the usual, where a step takes long; flags win. */
  effort?: Partial<Effort>;
  /** Smallest allowed ours / PyTorch in images per second; none if nothing is promised. */
  bar?: number;
}

const cifar: Pick<TrainingCase, 'input' | 'classes' | 'batchSize'> = {
  input: { height: 32, width: 32, channels: 3 },
  classes: 100,
  batchSize: 64,
};
const fashion: Pick<TrainingCase, 'input' | 'classes' | 'batchSize'> = {
  input: { height: 28, width: 28, channels: 1 },
  classes: 10,
  batchSize: 64,
};
/** The four cases of photographs together take less than eight minutes on two quiet cores. */
const photographs = (side: number): Omit<TrainingCase, 'name'> => ({
  student: 'efficientnet_lite0',
  folded: true,
  input: { height: side, width: side, channels: 3 },
  classes: 12,
  batchSize: 16,
  effort: { blocks: 4, steps: 3, profileSteps: 0, realSteps: 8, realTurns: 2 },
  bar: 1,
});

export const cases: readonly TrainingCase[] = [
  { name: 'sld-resnet32x4-resnet8x4', teacher: 'resnet32x4', student: 'resnet8x4', ...cifar, bar: 1 },
  { name: 'sld-resnet56-resnet20', teacher: 'resnet56', student: 'resnet20', ...cifar, bar: 1 },
  { name: 'sld-resnet20-resnet8', teacher: 'resnet20', student: 'resnet8', ...fashion },
  { name: 'resnet8x4', student: 'resnet8x4', ...cifar, bar: 1 },
  { name: 'resnet20', student: 'resnet20', ...cifar, bar: 1 },
  { name: 'fine-tuning-128', ...photographs(128) },
  { name: 'fine-tuning-224', ...photographs(224) },
  { name: 'features-128', features: true, ...photographs(128) },
  { name: 'features-224', features: true, ...photographs(224) },
];

/** Effort for a case: what a flag states, else the case, else the usual. */
export const effortOf = ({ effort = {} }: TrainingCase, stated: { readonly [Key in keyof Effort]?: number | undefined }): Effort =>
  Object.fromEntries(
    Object.entries(USUAL_EFFORT).map(([key, usual]) => [key, stated[key as keyof Effort] ?? effort[key as keyof Effort] ?? usual]),
  ) as unknown as Effort;
