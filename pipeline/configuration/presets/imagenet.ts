/**
 * ImageNet as the SLD paper has it: ResNet-34 to ResNet-18 and ResNet-50 to MobileNet, at 224 pixels, from folders of
 * images (`--data folder:PATH`); the teachers are torchvision's.
 */
import type { Preset } from './preset.ts';
import { imagenetRecipe } from './recipes.ts';

/** Weights and temperatures that the published ImageNet configurations have otherwise than CIFAR's. */
const methodOptions = (sldCeWeight: number, dkdBeta: number): Preset['methodOptions'] => ({
  kd: { temperature: 1, ceWeight: 0.5, kdWeight: 0.5 },
  dkd: { temperature: 1, beta: dkdBeta, lossWarmupEpochs: 1, scheduleEpochs: 100 },
  mlkd: { temperatures: [1, 3, 5, 2, 6], ceWeight: 0.5, kdWeight: 0.5 },
  dist: { temperature: 1 },
  crld: { temperature: 1, ceWeight: 2 },
  // The gate is the first drop of the rate, as on CIFAR; the public code's fixed 150 never comes in 100 epochs.
  sld: { ceWeight: sldCeWeight, kdWeight: 0.5, gammaEpoch: 30, scheduleEpochs: 100 },
});

const withoutGate = ({ ceWeight, kdWeight }: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ ceWeight, kdWeight });

const settings = { ...imagenetRecipe, data: 'folder', imageSize: 224 };

const pairs: Record<string, Preset> = {
  'imagenet/resnet34-resnet18': {
    about: "SLD's pair on ImageNet: ResNet-18 learns from ResNet-34, 100 epochs at 0.2, batches of 512",
    settings: { ...settings, teacher: 'resnet34.imagenet', student: 'torchvision.resnet18', name: 'imagenet-resnet18' },
    methodOptions: methodOptions(0.5, 0.5),
    methodSettings: { mlkd: { learningRate: 0.1 } },
  },
  'imagenet/resnet50-mobilenet_v1': {
    about: "SLD's pair on ImageNet: MobileNet (the first version) learns from ResNet-50, 100 epochs at 0.2, batches of 512",
    settings: { ...settings, teacher: 'resnet50.imagenet', student: 'mobilenet_v1', name: 'imagenet-mobilenet_v1' },
    methodOptions: methodOptions(1, 2),
  },
};

/** SLD without its pseudo teacher: the public code's gate, epoch 150, never opens in 100 epochs. */
const asPublished = Object.entries(pairs).map(([name, { about, methodOptions, ...preset }]): [string, Preset] => [
  `${name}.published`,
  {
    ...preset,
    about: `${about}; as published, without the student swap`,
    methodOptions: { ...methodOptions, sld: { ...withoutGate(methodOptions!.sld), studentSwap: false } },
  },
]);

export const imagenet: Record<string, Preset> = {
  ...pairs,
  ...Object.fromEntries(asPublished),
  'imagenet/resnet34': {
    about: 'the teacher resnet34.imagenet: ResNet-34 by the labels alone',
    settings: { ...settings, teacher: '', student: 'torchvision.resnet34', method: 'ce', name: 'resnet34.imagenet' },
  },
  'imagenet/resnet50': {
    about: 'the teacher resnet50.imagenet: ResNet-50 by the labels alone',
    settings: { ...settings, teacher: '', student: 'torchvision.resnet50', method: 'ce', name: 'resnet50.imagenet' },
  },
};
