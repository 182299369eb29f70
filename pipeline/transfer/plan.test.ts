import { describe, expect, it } from 'vitest';
import { inputSizeFor } from './input-size.ts';
import { planFor, type PlanRequest } from './plan.ts';

/** As many seconds as on a machine that takes 20 ms for the student at 224 pixels, and three times that for the best teacher. */
const COST: Record<string, number> = { efficientnet_lite0: 0.02, efficientnet_lite1: 0.035, efficientnet_lite2: 0.06 };

const request = (changes: Partial<PlanRequest> = {}): PlanRequest => ({
  name: 'photos',
  survey: {
    images: 1680,
    classes: 12,
    shorterSide: 400,
    pixels: 250_000,
    counts: { train: 1188, validation: 132, test: 360, unlabelled: 0 },
  },
  minutes: 10,
  stated: {},
  ownSize: 224,
  ownCropRatio: 0.875,
  forwardSeconds: (network, size) => COST[network] * (size / 224) ** 2,
  ...changes,
});

describe('planFor', () => {
  it('stays within the budget, by smaller images and lesser teachers', () => {
    for (const minutes of [5, 10, 20, 60]) {
      const { seconds, epochs } = planFor(request({ minutes }));
      expect(seconds).toBeLessThanOrEqual(60 * minutes);
      expect(epochs).toBeGreaterThanOrEqual(1);
    }
    const [little, much] = [planFor(request({ minutes: 4 })), planFor(request({ minutes: 200 }))];
    expect(little.imageSize).toBeLessThan(much.imageSize);
    expect(much).toMatchObject({ imageSize: 224, teacherFrom: 'efficientnet_lite2', student: 'efficientnet_lite0', epochs: 10 });
  });

  it('says the plan in a heading and five lines', () => {
    const { lines } = planFor(request());
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^plan for photos: 1,680 images of 12 classes, shorter side 400 pixels; about .* of the 10 of --minutes$/);
    expect(lines.slice(1).every((line, i) => line.startsWith(`  ${i + 1} `) && line.includes('about '))).toBe(true);
  });

  it('counts pictures without a label, which are read and learnt from, and says how many', () => {
    const { survey } = request();
    const stated = { imageSize: 96, epochs: 2, teacherFrom: 'efficientnet_lite0' };
    const of = (unlabelled: number) =>
      planFor(request({ stated, survey: { ...survey, images: 1680 + unlabelled, counts: { ...survey.counts, unlabelled } } }));
    const [none, many] = [of(0), of(3200)];
    expect(many.lines[0]).toContain('plan for photos: 4,880 images of 12 classes, 3,200 of them without a label,');
    // Read at 15 ms a megapixel; in each epoch two views at three passes of the student and one of the teacher. 37 whole batches become 137.
    const pass = 0.02 * (96 / 224) ** 2;
    expect(many.seconds - none.seconds).toBeCloseTo(3200 * 0.25 * 0.015 + 2 * (137 - 37) * 32 * 2 * 4 * pass, 6);
  });

  it('lets quantization cost half a point, or three images where validation images are few', () => {
    const of = (validation: number) =>
      planFor(request({ survey: { ...request().survey, counts: { train: 1188, validation, test: 360, unlabelled: 0 } } })).maxDrop;
    expect([of(132), of(5000)]).toEqual([2.3, 0.5]);
  });

  it('trains on crops of a quarter of a picture and more, unless --crop-scale says otherwise', () => {
    expect(planFor(request()).cropScale).toEqual([0.25, 1]);
    expect(planFor(request({ stated: { cropScale: [] } })).cropScale).toEqual([]);
  });

  it('keeps what was set by hand', () => {
    const stated = { imageSize: 96, epochs: 3, student: 'efficientnet_lite0:stages=5', teacherFrom: 'efficientnet_lite1' };
    const cost: Record<string, number> = { ...COST, 'efficientnet_lite0:stages=5': 0.012 };
    const forwardSeconds = (network: string, size: number): number => cost[network] * (size / 224) ** 2;
    expect(planFor(request({ stated, forwardSeconds }))).toMatchObject({ ...stated, from: 'efficientnet_lite0' });
  });

  it('takes the cheapest where nothing fits, and says how long', () => {
    const { epochs, seconds, teacherFrom } = planFor(request({ minutes: 0.5 }));
    expect([epochs, teacherFrom]).toEqual([1, 'efficientnet_lite0']);
    expect(seconds).toBeGreaterThan(30);
  });
});

describe('inputSizeFor', () => {
  it("is the network's own for photographs, and less for what would be enlarged beyond use", () => {
    expect([500, 224, 170, 64, 32, 28, 8].map((side) => inputSizeFor(side, 224))).toEqual([224, 224, 224, 224, 128, 128, 32]);
  });
});
