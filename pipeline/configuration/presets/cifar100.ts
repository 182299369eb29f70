/**
 * CIFAR-100 as the SLD paper (arXiv 2504.20108) has it: its teacher-student pairs by the configurations published with
 * it, and their teachers by MDistiller's.
 */
import type { Preset } from './preset.ts';
import { cifarRecipe } from './recipes.ts';

interface Pair {
  teacher: string;
  student: string;
  /** Learning rate of the configuration published with SLD. */
  learningRate: number;
  /** Beta of DKD where MDistiller has another for the pair than 8. */
  dkdBeta?: number;
  /** Rate and epochs of MLKD where the published ones are others than 0.025 and 480. */
  mlkd?: { learningRate: number; epochs?: number };
}

const pairs: Pair[] = [
  // Of one family.
  { teacher: 'resnet56', student: 'resnet20', learningRate: 0.025, dkdBeta: 2 },
  { teacher: 'resnet110', student: 'resnet32', learningRate: 0.025, dkdBeta: 2 },
  { teacher: 'resnet32x4', student: 'resnet8x4', learningRate: 0.025 },
  { teacher: 'wrn_40_2', student: 'wrn_16_2', learningRate: 0.025, dkdBeta: 6 },
  { teacher: 'wrn_40_2', student: 'wrn_40_1', learningRate: 0.025, dkdBeta: 6 },
  { teacher: 'vgg13', student: 'vgg8', learningRate: 0.025, dkdBeta: 6, mlkd: { learningRate: 0.01 } },
  // Of different families.
  { teacher: 'resnet32x4', student: 'ShuffleV1', learningRate: 0.009, mlkd: { learningRate: 0.01, epochs: 960 } },
  { teacher: 'resnet32x4', student: 'ShuffleV2', learningRate: 0.008, mlkd: { learningRate: 0.01, epochs: 960 } },
  { teacher: 'ResNet50', student: 'MobileNetV2', learningRate: 0.008, mlkd: { learningRate: 0.01 } },
  { teacher: 'vgg13', student: 'MobileNetV2', learningRate: 0.008, dkdBeta: 6, mlkd: { learningRate: 0.01 } },
  { teacher: 'wrn_40_2', student: 'ShuffleV1', learningRate: 0.01, mlkd: { learningRate: 0.01 } },
  { teacher: 'wrn_40_2', student: 'vgg8', learningRate: 0.025 },
];

/** Methods whose public code has MDistiller's rate and schedule: 0.05, and 0.01 for MobileNets and ShuffleNets. */
const AT_MDISTILLERS_RATE = ['ce', 'kd', 'kd+ls', 'dkd', 'dist', 'wttm', 'rld', 'revision', 'crld'];

/** The rates and schedules of the methods' own public configurations, beside SLD's. */
function methodSettingsOf({ student, mlkd = { learningRate: 0.025 } }: Pair): Preset['methodSettings'] {
  const learningRate = /Mobile|Shuffle/.test(student) ? 0.01 : 0.05;
  const { epochs = 480 } = mlkd;
  return {
    ...Object.fromEntries(AT_MDISTILLERS_RATE.map((method) => [method, { learningRate }])),
    // The rate falls after the same epochs, of twice as many or more.
    mlkd: { ...mlkd, epochs, milestones: [150 / epochs, 180 / epochs, 210 / epochs] },
  };
}

const teacherName = (network: string): string => `${network.toLowerCase()}.cifar100`;

const pairPresets = pairs.map((pair): [string, Preset] => {
  const { teacher, student, learningRate, dkdBeta: beta } = pair;
  return [
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
      methodSettings: methodSettingsOf(pair),
    },
  ];
});

const teacherPresets = [...new Set(pairs.map(({ teacher }) => teacher))].map((network): [string, Preset] => [
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
