import { describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { randomState } from '../testing/random-state.ts';
import { chooseVariants, defaultVariantOf, dropOf, parseVariants, withoutWorse } from './choose-variants.ts';
import type { CandidateVariants } from './measured-variant.ts';
import { AUTOMATIC_VARIANTS } from './variant-writers.ts';

const frozenOf = (name: string) => {
  const network = buildNetwork(name, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });
  return freeze(network, randomState(network));
};
const convolutions = frozenOf('resnet8');
const transformer = frozenOf('vit_tiny_patch4_32');

describe('parseVariants', () => {
  it.each([
    ['auto', ['float32', 'uint8', 'integer']],
    ['float32', ['float32', 'uint8']],
    ['integer', ['uint8', 'integer']],
    ['integer,mixed', ['uint8', 'mixed', 'integer']],
    ['integer, uint8', ['uint8', 'integer']],
  ])('takes %s for %j: two are in every package', (text, names) => expect(parseVariants(text)).toEqual(names));

  it.each(['int4', '', 'float32;uint8', 'uint8,auto'])('refuses "%s"', (text) => {
    expect(() => parseVariants(text)).toThrow(
      /^variants: expected auto or some of float32, uint8, mixed, integer with commas between, got "/,
    );
  });
});

describe('chooseVariants', () => {
  it('takes what the network has a form for, and says of the others why not', () => {
    expect(chooseVariants('auto', convolutions)).toMatchObject({ names: AUTOMATIC_VARIANTS, byName: false, without: [] });
    const { names, without } = chooseVariants('auto', transformer);
    expect(names).not.toContain('integer');
    expect(without.map(({ name }) => name)).toEqual(['integer']);
    expect(without[0].reason).toMatch(/^vit_tiny_patch4_32 has no integer variant: its operation \w+ \(".*"\) /);
  });

  it('refuses a variant that was asked for by name and that the network has no form for', () => {
    expect(() => chooseVariants('integer', transformer)).toThrow(
      /^--variants integer: vit_tiny_patch4_32 has no integer variant: .*; nothing was packaged$/,
    );
    expect(chooseVariants('float32,uint8', transformer).names).toEqual(['float32', 'uint8']);
  });
});

describe('defaultVariantOf', () => {
  it('is integer wherever it is in the package, else uint8', () => {
    expect(defaultVariantOf(['float32', 'uint8', 'mixed', 'integer'])).toBe('integer');
    expect(defaultVariantOf(['float32', 'uint8', 'mixed'])).toBe('uint8');
  });
});

describe('withoutWorse', () => {
  const of = (top1: number) => ({ validation: { top1, top5: 1, count: 1000 } });
  const variants = { float32: of(0.9), uint8: of(0.899), mixed: of(0.8955), integer: of(0.889) } as unknown as CandidateVariants;

  it('leaves out an optional variant that lost more than is allowed, and says by how much', () => {
    const said: string[] = [];
    expect(Object.keys(withoutWorse(variants, { byName: false }, 0.5, (line) => said.push(line)))).toEqual(['float32', 'uint8', 'mixed']);
    expect(said).toEqual([
      'the integer variant costs 1.10 points of top-1 on the validation images, more than the 0.5 of --max-drop: left out',
    ]);
    expect(dropOf(variants.float32.validation, variants.mixed!.validation)).toBeCloseTo(0.45, 9);
  });

  it('keeps all where nothing lost more, and leaves the default variant to its own gate', () => {
    expect(withoutWorse(variants, { byName: false }, 1.1, () => expect.fail('nothing to say'))).toEqual(variants);
    expect(
      Object.keys(withoutWorse({ ...variants, uint8: of(0) } as unknown as CandidateVariants, { byName: true }, 2, () => undefined)),
    ).toContain('uint8');
  });

  it('fails where such a one was asked for by name', () => {
    expect(() => withoutWorse(variants, { byName: true }, 0.5, () => undefined)).toThrow(
      /^the integer variant costs 1\.10 points of top-1 on the validation images, more than the 0\.5 of --max-drop; nothing was packaged$/,
    );
  });

  it('does not keep a figure that is no number', () => {
    expect(
      withoutWorse({ ...variants, integer: of(NaN) } as unknown as CandidateVariants, { byName: false }, 50, () => undefined),
    ).not.toHaveProperty('integer');
  });
});
