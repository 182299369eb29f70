/** The networks that `bench:web` times, at the image size and number of classes that each is used with. */

export interface BenchedNetwork {
  /** Height and width in pixels. */
  size: number;
  channels: 1 | 3;
  classes: number;
  /** Bars of its family (`bars.ts`). */
  family: 'ResNet' | 'MobileNetV2' | 'EfficientNet' | 'ShuffleNetV2';
}

export const BENCHED_NETWORKS = {
  resnet8: { size: 28, channels: 1, classes: 10, family: 'ResNet' },
  resnet20: { size: 32, channels: 3, classes: 100, family: 'ResNet' },
  resnet8x4: { size: 32, channels: 3, classes: 100, family: 'ResNet' },
  MobileNetV2: { size: 32, channels: 3, classes: 100, family: 'MobileNetV2' },
  ShuffleV2: { size: 32, channels: 3, classes: 100, family: 'ShuffleNetV2' },
  'torchvision.mobilenet_v2': { size: 224, channels: 3, classes: 1000, family: 'MobileNetV2' },
  efficientnet_lite0: { size: 224, channels: 3, classes: 1000, family: 'EfficientNet' },
} as const satisfies Record<string, BenchedNetwork>;

export type BenchedNetworkName = keyof typeof BENCHED_NETWORKS;
