/** The networks there are, by name. Adding one is one file and one line here. */
import type { Network, Shape } from './graph.ts';
import { resnetsCifar } from './resnet-cifar.ts';
import { resnetsImagenet } from './resnet-imagenet.ts';

export interface NetworkOptions {
  inputShape: Shape;
  classes: number;
}

export const networks: Record<string, (options: NetworkOptions) => Network> = {
  ...resnetsCifar,
  ...resnetsImagenet,
};

/**
 * Builds a registered network.
 * @throws Error naming the registered networks where `name` is not one of them.
 */
export function buildNetwork(name: string, options: NetworkOptions): Network {
  const build = Object.hasOwn(networks, name) && networks[name];
  if (!build) throw new Error(`unknown network "${name}"; allowed: ${Object.keys(networks).join(', ')}`);
  return build(options);
}

export type { Network, Shape } from './graph.ts';
