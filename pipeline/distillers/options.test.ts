import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { createDistiller, distillers } from './index.ts';
import { createDkd } from './dkd.ts';
import { createSld } from './sld.ts';

const EPOCHS = 240;

describe.each(Object.entries(distillers))('options of %s', (name, { options }) => {
  const create = (overrides: object) => createDistiller(name, { epochs: EPOCHS }, overrides);

  it('have defaults within their own ranges, and the method uses them at the published length', () => {
    for (const [option, { default: value, holds, allowed }] of Object.entries(options)) {
      expect(holds(value), option).toBe(true);
      expect(allowed, option).not.toBe('');
    }
    expect(create({}).options).toEqual(Object.fromEntries(Object.entries(options).map(([option, { default: value }]) => [option, value])));
  });

  it('as they were used can be stated again, for a run of any length', () => {
    for (const epochs of [240, 30, 7]) {
      const used = createDistiller(name, { epochs }).options;
      expect(createDistiller(name, { epochs }, used).options).toEqual(used);
    }
  });

  it('are refused in one line where unknown or out of range', async () => {
    expect((await errorOf(() => create({ kdWieght: 1 }))).message).toBe(
      `unknown option "kdWieght" of method ${name}; allowed: ${Object.keys(options).join(', ')}`,
    );
    expect((await errorOf(() => create({ toString: 1 }))).message).toMatch(/^unknown option "toString"/);
    for (const [option, { allowed }] of Object.entries(options)) {
      for (const value of [-1, 'x', Infinity, {}, []]) {
        expect((await errorOf(() => create({ [option]: value }))).message).toBe(
          `option "${option}" of method ${name} is ${JSON.stringify(value)}; allowed: ${allowed}`,
        );
      }
    }
  });
});

describe('epoch-valued options', () => {
  const gate = (overrides: object, epochs: number): unknown => createSld(overrides, { epochs }).options.gammaEpoch;

  it("SLD's gate: an epoch of a stated schedule, a fraction of the run's, or an epoch of the run itself", () => {
    expect(gate({}, 48)).toBe(30);
    expect(gate({ gammaEpoch: 120 }, 48)).toBe(24);
    expect(gate({ gammaEpoch: 30, scheduleEpochs: 100 }, 50)).toBe(15);
    expect(gate({ gammaFraction: 0.25 }, 48)).toBe(12);
    expect(gate({ gammaFraction: 0 }, 48)).toBe(0);
    expect(gate({ gammaEpoch: 7, scheduleEpochs: 0 }, 48)).toBe(7);
    expect(createSld({ gammaFraction: 0.5 }, { epochs: 10 }).options).toMatchObject({
      gammaEpoch: 5,
      scheduleEpochs: 10,
      gammaFraction: null,
    });
  });

  it("DKD's warm-up", () => {
    const warmup = (overrides: object, epochs: number): unknown => createDkd(overrides, { epochs }).options.lossWarmupEpochs;
    expect(warmup({}, 24)).toBe(2);
    expect(warmup({ lossWarmupEpochs: 1, scheduleEpochs: 100 }, 50)).toBe(0.5);
    expect(warmup({ lossWarmupEpochs: 3, scheduleEpochs: 0 }, 50)).toBe(3);
  });
});
