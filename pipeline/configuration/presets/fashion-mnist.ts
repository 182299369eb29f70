/** The runs of the repository's own demonstration. */
import type { Preset } from './preset.ts';
import { transformerRecipe } from './recipes.ts';

export const fashionMnistPresets: Record<string, Preset> = {
  default: { about: 'Fashion-MNIST: resnet8 learns from resnet20 by SLD, in minutes on two cores', settings: {} },

  quick: {
    about: 'all stages on a subset, in about a minute; not a real result',
    settings: {
      trainLimit: 2000,
      validationCount: 500,
      testLimit: 1000,
      epochs: 2,
      // A student that has hardly begun to learn has no margins, and of 1,000 images ten are a point.
      maxDrop: 5,
      quick: true,
      makeDefault: false,
    },
  },

  long: { about: 'the package that the repository ships: the default with a longer schedule', settings: { epochs: 16, warmupEpochs: 1 } },

  teacher: {
    about: 'the teacher resnet20.fashion-mnist: labels only, larger batches and rate, Nesterov, as ResNets are usually trained alone',
    settings: {
      student: 'resnet20',
      teacher: '',
      method: 'ce',
      epochs: 20,
      batchSize: 128,
      learningRate: 0.1,
      warmupEpochs: 1,
      nesterov: true,
      name: 'resnet20.fashion-mnist',
    },
  },

  vit: {
    about:
      'a small vision transformer learns from resnet20 by SLD, as transformers are trained: AdamW, warm-up, weight decay 0.05, stochastic depth',
    settings: { ...transformerRecipe, student: 'vit_micro_patch4_32', epochs: 12, name: 'fashion-mnist-vit' },
  },

  'vit-teacher': {
    about: 'the teacher vit_micro.fashion-mnist: a small vision transformer by the labels alone',
    settings: {
      ...transformerRecipe,
      student: 'vit_micro_patch4_32',
      teacher: '',
      method: 'ce',
      epochs: 12,
      name: 'vit_micro.fashion-mnist',
    },
  },
};
