import { expect, it } from 'vitest';
import { pretrained } from '../teachers/pretrained/table.ts';
import { networks } from './index.ts';
import { usualSize } from './usual-size.ts';

it.each([
  ['resnet20', undefined],
  ['ResNet50', undefined],
  ['vit_tiny_patch4_32', undefined],
  ['torchvision.resnet18', 224],
  ['timm.vit_tiny_patch16_224', 224],
  ['efficientnet_lite1', 240],
  ['timm.tf_efficientnet_lite4', 300],
  ['timm.efficientnet_lite0', 224],
])('%s: %s', (name, size) => {
  expect(Object.keys(networks)).toContain(name);
  expect(usualSize(name)).toBe(size);
});

it('is that of the pretrained weights, but for ConvNeXt-atto, which was measured at a larger one', () => {
  const others = Object.values(pretrained).filter(({ network, size }) => usualSize(network) !== size);
  expect(others.map(({ network }) => network)).toEqual(['timm.convnext_atto']);
});
