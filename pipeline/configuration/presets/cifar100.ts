/**
 * CIFAR-100 as the SLD paper (arXiv 2504.20108) has it: its teacher-student pairs by the configurations published with
 * it, and their teachers by MDistiller's.
 */
import type { Preset } from './preset.ts';
import { cifarRecipe } from './recipes.ts';

/** Teacher, student, the published learning rate for SLD, and DKD's beta where MDistiller has another for the pair than 8. */
const pairs: [teacher: string, student: string, learningRate: number, dkdBeta?: number][] = [
  // Of one family.
  ['resnet56', 'resnet20', 0.025, 2],
  ['resnet110', 'resnet32', 0.025, 2],
  ['resnet32x4', 'resnet8x4', 0.025],
  ['wrn_40_2', 'wrn_16_2', 0.025, 6],
  ['wrn_40_2', 'wrn_40_1', 0.025, 6],
  ['vgg13', 'vgg8', 0.025, 6],
  // Of different families.
  ['resnet32x4', 'ShuffleV1', 0.009],
  ['resnet32x4', 'ShuffleV2', 0.008],
  ['ResNet50', 'MobileNetV2', 0.008],
  ['vgg13', 'MobileNetV2', 0.008, 6],
  ['wrn_40_2', 'ShuffleV1', 0.01],
  ['wrn_40_2', 'vgg8', 0.025],
];

const teacherName = (network: string): string => `${network.toLowerCase()}.cifar100`;

const pairPresets = pairs.map(([teacher, student, learningRate, beta]): [string, Preset] => [
  `cifar100/${teacher}-${student}`,
  {
    about: `SLD's pair on CIFAR-100: ${student} learns from ${teacher}, 240 epochs at ${learningRate}`,
    settings: {
      ...cifarRecipe,
      data: 'cifar100',
      teacher: teacherName(teacher),
      student,
      learningRate,
      name: `cifar100-${student.toLowerCase()}`,
    },
    ...(beta && { methodOptions: { dkd: { beta } } }),
  },
]);

const teacherPresets = [...new Set(pairs.map(([teacher]) => teacher))].map((network): [string, Preset] => [
  `cifar100/${network}`,
  {
    about: `the teacher ${teacherName(network)}: ${network} by the labels alone, 240 epochs at 0.05`,
    settings: {
      ...cifarRecipe,
      data: 'cifar100',
      teacher: '',
      student: network,
      method: 'ce',
      learningRate: 0.05,
      name: teacherName(network),
    },
  },
]);

export const cifar100Presets: Record<string, Preset> = Object.fromEntries([...pairPresets, ...teacherPresets]);

/** The file of MDistiller's published CIFAR-100 teachers that holds a network. */
export const zooCheckpoint = (network: string): string => `${network}_vanilla/ckpt_epoch_240.pth`;
