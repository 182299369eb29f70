import { networks, type Network } from '../networks/index.ts';
import { trainableCount } from '../networks/state.ts';

/** Square sizes of images, smallest first: for stages that halve three times, for ImageNet stems that divide by four more, for patches. */
const SIZES = { cifar: [12, 32], imagenet: [33, 32] };

/**
 * Networks with nothing that a smaller one here lacks, and with millions of weights at any image size:
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
  'mobilenet_v1',
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

/** Operations of a network with their settings and what each reads, but neither names nor widths, and each once however deep it is. */
function kindOf({ nodes }: Network): string {
  const parts = nodes.map((node) => {
    const settings = Object.entries(node).filter(([key, value]) => !NUMBERS_OF_SIZE.has(key) && typeof value !== 'function');
    return JSON.stringify([settings, node.inputs.map((input) => nodes[input].op)]);
  });
  return [...new Set(parts)].sort().join();
}

/** Fields of nodes that say how wide, deep or large a network is, or where in it a node is. */
const NUMBERS_OF_SIZE: ReadonlySet<string> = new Set([
  ...['id', 'name', 'inputs', 'inputShapes', 'shape', 'shapeOfImages', 'outChannels', 'outFeatures'],
  ...['groups', 'heads', 'start', 'size', 'before', 'channels', 'rate'],
]);

/** Small networks, of those with the same kinds of nodes the one with the fewest parameters: the others differ in numbers alone. */
export function networksOfEachKind(): [name: string, network: Network][] {
  const smallest = new Map<string, [name: string, network: Network]>();
  for (const entry of smallNetworks()) {
    const kind = kindOf(entry[1]);
    const known = smallest.get(kind);
    if (!known || trainableCount(entry[1]) < trainableCount(known[1])) smallest.set(kind, entry);
  }
  return [...smallest.values()];
}
