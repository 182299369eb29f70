import { networks, type Network, type Shape } from '../networks/index.ts';

/** Square sizes of images, smallest first: for stages that halve three times, for ImageNet stems that divide by four more, for patches. */
const SIZES = { cifar: [12, 32], imagenet: [33, 32] };

/** Every registered network at an image size that tests can afford, with a class count that no layer's width equals. */
export function smallNetworks(): [name: string, network: Network][] {
  return Object.entries(networks).map(([name, build]) => {
    const attempts = (name.startsWith('torchvision.') ? SIZES.imagenet : SIZES.cifar).map((size) => (): Network => build({ inputShape: { height: size, width: size, channels: 3 }, classes: 7 }));
    try {
      return [name, attempts[0]()];
    } catch {
      return [name, attempts[1]()];
    }
  });
}
