/** Cases that are measured, one line each. Adding one is adding a line. */
import type { Shape } from '../../pipeline/networks/index.ts';

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
const photographs = (side: number): Pick<TrainingCase, 'student' | 'folded' | 'input' | 'classes' | 'batchSize' | 'bar'> => ({
  student: 'efficientnet_lite0',
  folded: true,
  input: { height: side, width: side, channels: 3 },
  classes: 12,
  batchSize: 16,
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
