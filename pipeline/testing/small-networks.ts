import { networks, type Network } from '../networks/index.ts';

/** Every registered network at an image size that tests can afford, with a class count that no layer's width equals. */
export function smallNetworks(): [name: string, network: Network][] {
  return Object.entries(networks).map(([name, build]) => {
    // The ImageNet stem divides by four and the stages by eight more.
    const size = name.startsWith('torchvision.') ? 64 : 12;
    return [name, build({ inputShape: { height: size, width: size, channels: 3 }, classes: 7 })];
  });
}
