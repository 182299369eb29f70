import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { buildNetwork, networks } from './index.ts';
import { stateSpec } from './state.ts';

const shape = { height: 64, width: 64, channels: 3 };
const build = (name: string) => buildNetwork(name, { inputShape: shape, classes: 7 });

describe('the first stages of a network', () => {
  const staged = Object.keys(networks).filter((name) => !/vit|deit/.test(name) && (build(name).stageEnds ?? []).length > 0);

  it('are there of EfficientNets, MobileNets and ResNets', () => {
    for (const name of ['efficientnet_lite0', 'timm.mobilenetv2_100', 'torchvision.resnet18']) expect(staged).toContain(name);
  });

  it.each(staged)('of %s take the entries of the whole by name and shape, and grow with their number', (name) => {
    const whole = new Map(stateSpec(build(name)).map((spec) => [spec.name, spec.shape]));
    let before = 0;
    for (let stages = 1; stages <= build(name).stageEnds!.length; stages++) {
      const part = build(`${name}:stages=${stages}`);
      expect(part.name).toBe(`${name}:stages=${stages}`);
      const head = part.nodes[part.output];
      const specs = stateSpec(part).filter((spec) => !('name' in head && spec.name.startsWith(`${head.name}.`)));
      for (const spec of specs) expect(whole.get(spec.name), spec.name).toEqual(spec.shape);
      expect(specs.length).toBeGreaterThan(before);
      before = specs.length;
    }
  });

  it('of efficientnet_lite0 end with the widths of its stages', () => {
    const widths = build('efficientnet_lite0').stageEnds!.map((_, i) => {
      const part = build(`efficientnet_lite0:stages=${i + 1}`);
      return part.nodes[part.output].inputShapes[0][0];
    });
    expect(widths).toEqual([16, 24, 40, 80, 112, 192, 320]);
  });

  it('are refused where there are not so many', async () => {
    expect((await errorOf(async () => build('efficientnet_lite0:stages=8'))).message).toBe(
      'efficientnet_lite0:stages=8 cannot take images of 64x64 pixels and 3 channels: efficientnet_lite0 has 7 stages, not 8',
    );
    expect((await errorOf(async () => build('vgg8:stages=2'))).message).toMatch(/the stages of vgg8 can't be told apart/);
  });
});
