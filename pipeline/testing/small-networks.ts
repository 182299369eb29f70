import { networks, type Network } from '../networks/index.ts';

/** Square sizes of images, smallest first: for stages that halve three times, for ImageNet stems that divide by four more, for patches. */
const SIZES = { cifar: [12, 32], imagenet: [33, 32] };

/**
 * Members of a family that differ from a smaller one here in numbers alone, and have millions of weights at any image size:
 * tests that compute leave them out, those of shapes and counts do not.
 */
const WIDE: ReadonlySet<string> = new Set([
  'timm.vit_small_patch16_224',
  'timm.vit_base_patch16_224',
  'timm.deit_tiny_patch16_224',
  'timm.deit_small_patch16_224',
  'torchvision.vit_b_16',
  'vit_tiny_patch4_32',
  'efficientnet_lite1',
  'efficientnet_lite2',
  'efficientnet_lite3',
  'efficientnet_lite4',
  'timm.tf_efficientnet_lite0',
  'timm.tf_efficientnet_lite1',
  'timm.tf_efficientnet_lite2',
  'timm.tf_efficientnet_lite3',
  'timm.tf_efficientnet_lite4',
  'timm.efficientnet_lite0',
  'timm.mobilenetv2_050',
  'timm.mobilenetv2_075',
  'timm.mobilenetv2_100',
  'timm.mobilenetv2_110d',
  'timm.mobilenetv2_120d',
  'timm.mobilenetv2_140',
  'transformers.mobilenet_v2_0.75',
  'transformers.mobilenet_v2_1.0',
  'transformers.mobilenet_v2_1.4',
  'torchvision.mobilenet_v3_large',
  'timm.mobilenetv3_small_100',
  'timm.mobilenetv3_large_100',
  'timm.mobilenetv4_conv_medium',
  'torchvision.shufflenet_v2_x1_5',
  'torchvision.shufflenet_v2_x2_0',
  'torchvision.convnext_tiny',
]);

/** Every registered network but those at an image size that tests can afford, with a class count that no layer's width equals. */
export function smallNetworks(): [name: string, network: Network][] {
  const narrow = Object.entries(networks).filter(([name]) => !WIDE.has(name));
  return narrow.map(([name, build]) => {
    const attempts = (name.startsWith('torchvision.') ? SIZES.imagenet : SIZES.cifar).map(
      (size) => (): Network => build({ inputShape: { height: size, width: size, channels: 3 }, classes: 7 }),
    );
    try {
      return [name, attempts[0]()];
    } catch {
      return [name, attempts[1]()];
    }
  });
}
