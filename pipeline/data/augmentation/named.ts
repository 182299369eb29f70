/** Augmentations by the kind of pictures: settings of views under one name, in place of a dozen flags. */
interface NamedAugmentation {
  /** Completes "for …". */
  about: string;
  /** Values of settings of the augmentation. */
  settings: Readonly<Record<string, unknown>>;
}

/** Operations that leave colours recognisable and nothing inverted. */
const GENTLE = [
  'AutoContrast',
  'Brightness',
  'Contrast',
  'Identity',
  'Rotate',
  'Sharpness',
  'ShearX',
  'ShearY',
  'TranslateX',
  'TranslateY',
] as const;

export const augmentations = {
  benchmark: { about: '32-pixel benchmarks: padded crops, mirror images, the fourteen operations', settings: {} },
  photo: {
    about: 'photographs: random resized crops, mirror images, colour jitter',
    settings: { cropScale: [0.35, 1], jitter: [0.3, 0.3, 0.3, 0.05] },
  },
  document: {
    about: 'pages and writing: no mirror images, nothing inverted, turned by a few degrees',
    settings: { flip: 'none', rotation: 3, jitter: [0.2, 0.2, 0, 0], operations: GENTLE, operationStrength: 0.3 },
  },
  sign: {
    about: 'signs, symbols, hands: no mirror images, colours kept',
    settings: { flip: 'none', rotation: 5, jitter: [0.3, 0.3, 0.2, 0.02], operations: [...GENTLE, 'Color'], operationStrength: 0.5 },
  },
} as const satisfies Record<string, NamedAugmentation>;

export type AugmentationName = keyof typeof augmentations;

export const augmentationNames = Object.keys(augmentations) as AugmentationName[];
