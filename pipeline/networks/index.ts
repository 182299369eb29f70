/** The networks there are, by name. Adding one is one file and one line here. */
import type { Network, NetworkOptions } from './graph.ts';
import { convnexts } from './convnext.ts';
import { efficientnetsLite } from './efficientnet-lite.ts';
import { firstStages, parseNetworkName } from './first-stages.ts';
import { mobilenetsV1 } from './mobilenet-v1.ts';
import { mobilenetsV2 } from './mobilenet-v2.ts';
import { mobilenetsV2Timm } from './mobilenet-v2-timm.ts';
import { mobilenetsV2Transformers } from './mobilenet-v2-transformers.ts';
import { mobilenetsV3 } from './mobilenet-v3.ts';
import { mobilenetsV4 } from './mobilenet-v4.ts';
import { resnetsCifar } from './resnet-cifar.ts';
import { resnetsImagenet } from './resnet-imagenet.ts';
import { resnetsOptionA } from './resnet-option-a.ts';
import { shufflenetsV1 } from './shufflenet-v1.ts';
import { shufflenetsV2 } from './shufflenet-v2.ts';
import { shufflenetsV2Torchvision } from './shufflenet-v2-torchvision.ts';
import { squeezenets } from './squeezenet.ts';
import { vggs } from './vgg.ts';
import { visionTransformers } from './vision-transformer.ts';
import { wideResnets } from './wide-resnet.ts';

export const networks: Record<string, (options: NetworkOptions) => Network> = {
  ...resnetsCifar,
  ...resnetsOptionA,
  ...wideResnets,
  ...vggs,
  ...mobilenetsV1,
  ...mobilenetsV2,
  ...mobilenetsV2Timm,
  ...mobilenetsV2Transformers,
  ...efficientnetsLite,
  ...mobilenetsV3,
  ...mobilenetsV4,
  ...shufflenetsV1,
  ...shufflenetsV2,
  ...shufflenetsV2Torchvision,
  ...squeezenets,
  ...convnexts,
  ...resnetsImagenet,
  ...visionTransformers,
};

/** A registered network's name, whole or its first stages (`NAME:stages=5`). */
export const isNetworkName = (name: string): boolean => Object.hasOwn(networks, parseNetworkName(name).whole);

/**
 * Builds a registered network, or its first stages (`NAME:stages=5`).
 * @throws Error naming the registered networks where `name` is not one of them, and where it can't take such images.
 */
export function buildNetwork(name: string, options: NetworkOptions): Network {
  const { whole, stages } = parseNetworkName(name);
  const build = Object.hasOwn(networks, whole) && networks[whole];
  if (!build) throw new Error(`unknown network "${name}"; allowed: ${Object.keys(networks).join(', ')}`);
  const { height, width, channels } = options.inputShape;
  try {
    const network = build(options);
    return stages === undefined ? network : firstStages(network, stages);
  } catch (error) {
    throw new Error(`${name} cannot take images of ${height}x${width} pixels and ${channels} channels: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export type { Network, NetworkOptions, Shape } from './graph.ts';
