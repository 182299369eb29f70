import type { Manifest } from '@sld-edge/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PackageInput } from './package-input.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { calibrationText } from './calibration-text.ts';
import { htmlReport } from './report.ts';
import { lineChart } from '../support/charts/line-chart.ts';
import { modelCard } from './model-card.ts';

const { data, record } = tinyStudent();

/** Figures of a run, by hand: 24 test images of three classes of which class 2 is always taken for class 0. */
function packageInput(changes: Partial<PackageInput> = {}): PackageInput {
  const testLogits = Float32Array.from(
    [...data.test.labels].flatMap((label) => [0, 1, 2].map((c) => (c === (label === 2 ? 0 : label) ? 1 : 0))),
  );
  const variant = {
    graph: {
      modelJson: {},
      shards: [],
      weightBytes: 78_464,
      layers: [
        { name: 'fc/weights', encoding: 'uint8' as const, bytes: 640, relativeError: 0.0123 },
        { name: 'conv1/kernel', encoding: 'uint8' as const, bytes: 144, relativeError: 0.0456 },
      ],
    },
    accuracy: { top1: 0.6667, top5: 1, count: 24 },
    agreementWithFloat32: 0.9583,
    testLogits,
    validationLogits: new Float32Array(36),
    validation: { top1: 0.5, top5: 1, count: 12 },
  };
  return {
    modelsFolder: 'models',
    record,
    networkName: 'resnet8',
    parameters: 77_946,
    data,
    variants: { float32: { ...variant, agreementWithFloat32: 1 }, uint8: variant },
    packaged: ['float32', 'uint8'],
    gate: { drop: 0.25, allowed: 0.5, pass: true },
    abstainError: 0,
    makeDefault: true,
    goldens: { chosen: [], measured: { spread: { wasm: 0, onnx: 0 }, images: 12 }, layers: { images: [], variants: { uint8: [] } } },
    onnx: new Uint8Array(0),
    software: {},
    ...changes,
  };
}

const ownCalibration = {
  temperature: 1.5,
  errorBefore: 0.0512,
  errorAfter: 0.0101,
  abstainThreshold: 0.61234,
  abstain: {
    allowedError: 0.05,
    validation: { coverage: 0.9, error: 0.05, count: 12 },
    test: { coverage: 0.875, error: 0.0625, count: 24 },
  },
};

const manifest = (changes: Partial<Manifest> = {}): Omit<Manifest, 'version'> =>
  ({
    title: 'resnet8 for <tiny> & "more"',
    quick: false,
    calibration: { temperature: 1.5, abstainThreshold: null },
    variants: { float32: {}, uint8: { calibration: ownCalibration } },
    metrics: { calibrationErrorBefore: 0.0512, calibrationErrorAfter: 0.0101 },
    provenance: { note: '</pre><script>alert(1)</script>' },
    ...changes,
  }) as Manifest;

describe('htmlReport', () => {
  let html: string;
  beforeAll(() => {
    html = htmlReport(packageInput(), manifest());
  });

  it('is one page without scripts or anything to fetch, and escapes what it is given', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|url\(|https?:/i);
    expect(html).toContain('&#60;tiny&#62; &#38; &#34;more&#34;');
    expect(html).toContain('&#60;/pre&#62;&#60;script&#62;');
  });

  it('states the figures of each variant, what quantization cost and the calibration', () => {
    expect(html).toContain('<td>uint8</td><td>78,464</td><td>66.67 %</td><td>100.00 %</td><td>95.83 %</td><td>24</td>');
    expect(html).toContain('0.25 points');
    expect(html).toMatch(/0\.0512 before and 0\.0101 after temperature 1\.5/);
    expect(html).toContain('<li>uint8: temperature 1.5, expected calibration error 0.0512 before, 0.0101 after; withholds answers below');
    expect(html).toContain('77,946 parameters');
  });

  it('counts which class is taken for which', () => {
    const rows = [...html.matchAll(/<tr><td>class (\d)<\/td>(.*?)<\/tr>/g)].map(([, label, cells]) => [
      label,
      [...cells.matchAll(/<td[^>]*>(\d*)<\/td>/g)].map(([, count]) => Number(count)),
    ]);
    expect(rows).toEqual([
      ['0', [8, 0, 0]],
      ['1', [0, 8, 0]],
      ['2', [8, 0, 0]],
    ]);
  });

  it('lists layers by what quantization did to them, the worst first', () => {
    expect(html.indexOf('conv1/kernel')).toBeLessThan(html.indexOf('fc/weights'));
    expect(html).toContain('4.56 %');
  });

  it('leaves out a table of classes that nobody could read', () => {
    const labels = Array.from({ length: 21 }, (_, i) => `class ${i}`);
    const input = packageInput({ data: { ...data, labels } });
    expect(htmlReport(input, manifest())).not.toContain('class="confusion"');
  });

  it('marks a quick run, and does without epochs or a teacher', () => {
    expect(html).not.toContain('class="quick"');
    expect(htmlReport(packageInput(), manifest({ quick: true }))).toContain('class="quick"');
    const bare = htmlReport(packageInput({ record: { ...record, teacher: null, history: [] } }), manifest());
    expect(bare).not.toContain('NaN');
    expect(bare).not.toContain('undefined');
  });
});

describe('calibrationText', () => {
  const plain = { ...ownCalibration, abstainThreshold: null, abstain: null };

  it('says why there is no temperature', () => {
    expect(calibrationText({ ...plain, temperature: 1, errorAfter: 0.0512 })).toBe(
      'temperature 1 (a fitted one did not lower the error of validation images that it was not fitted on), expected calibration error 0.0512; withholds no answer',
    );
  });

  it('says where test images are served worse by it, and only there', () => {
    expect(calibrationText({ ...plain, errorAfter: 0.0612 })).toBe(
      'temperature 1.5, expected calibration error 0.0512 before, 0.0612 after (larger on the test images, though smaller on the validation images, which alone decide); withholds no answer',
    );
    expect(calibrationText(plain)).toBe('temperature 1.5, expected calibration error 0.0512 before, 0.0101 after; withholds no answer');
  });
});

describe('modelCard', () => {
  it('says what it is, how it was made, what it reaches and what it is not for', () => {
    const card = modelCard(packageInput(), manifest());
    expect(card).toContain('| uint8 | 78,464 | 66.67 % | 100.00 % | 95.83 % |');
    expect(card).toContain('input 8x8, grey');
    expect(card).toContain('Teacher: big, test top-1 87.50 %');
    expect(card).toContain(
      '- uint8: temperature 1.5, expected calibration error 0.0512 before, 0.0101 after; withholds answers below a probability of 0.6123, so that at most 5.00 % are wrong: validation 90.00 % of 12 answered, 5.00 % of those wrong; test 87.50 % of 24 answered, 6.25 % of those wrong.',
    );
    expect(card).toContain('- float32: not calibrated by itself.');
    expect(card).toMatch(/^tiny \(made by the test\): 48 images to train on, 12 held out for validation, 24 test images\./m);
    expect(card).toContain('There is no ONNX file in this package.');
    expect(
      modelCard(packageInput(), manifest({ onnx: { opset: 17, model: { path: 'onnx/model.onnx', bytes: 311_234, sha256: '' } } })),
    ).toMatch(/^`onnx\/model\.onnx` is the float32 network for other runtimes \(ONNX, opset 17, 311,234 bytes\)/m);
    const file = { path: 'onnx/model-int8.onnx', bytes: 98_765, sha256: '' };
    const int8 = { model: file, accuracy: { top1: 0.625, top5: 1, count: 24 }, agreementWithFloat32: 0.875, agreementWithIntegers: 0.9375 };
    expect(modelCard(packageInput(), manifest({ onnx: { opset: 17, model: file, int8 } }))).toMatch(
      /^`onnx\/model-int8\.onnx` \(98,765 bytes\) .+ On ONNX Runtime: top-1 62\.50 %, top-5 100\.00 % of the test images; agrees with float32 on 87\.50 %, with the integer variant on 93\.75 %\./m,
    );
    expect(card).toMatch(/## Intended use and limits/);
    expect(card).not.toMatch(/quick|undefined|NaN/);
    expect(modelCard(packageInput({ record: { ...record, teacher: null } }), manifest())).not.toContain('Teacher');
  });
});

describe('lineChart', () => {
  const percentOf = (value: number): string => `${value} %`;
  const points = (svg: string): [number, number][][] =>
    [...svg.matchAll(/points="([^"]+)"/g)].map(([, list]) =>
      list.split(' ').map((pair) => pair.split(',').map(Number) as [number, number]),
    );

  it('draws higher values higher, epochs from left to right, within the picture', () => {
    const svg = lineChart(
      'Top-1',
      [
        { name: 'a', values: [10, 20, 40] },
        { name: 'b', values: [40, 40, 40] },
      ],
      percentOf,
    );
    const [[first, second, third], [, , other]] = points(svg);
    expect(first[0]).toBeLessThan(second[0]);
    expect(second[0]).toBeLessThan(third[0]);
    expect(third[1]).toBeLessThan(first[1]);
    expect(other).toEqual(third);
    // Linear: 20 lies a third of the way from 10 to 40.
    expect((first[1] - second[1]) / (first[1] - third[1])).toBeCloseTo(1 / 3, 2);
    const [, , width, height] = /viewBox="([^"]+)"/.exec(svg)![1].split(' ').map(Number);
    for (const [x, y] of points(svg).flat()) expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true);
    expect(svg).toContain('a 40 %');
    expect(svg).toContain('aria-label="Top-1"');
  });

  it.each([[[5]], [[5, 5, 5]], [[0, 0]], [[-1, 1]]])('draws %j without a number that is none', (values) => {
    expect(lineChart('Losses', [{ name: 'ce', values }], percentOf)).not.toMatch(/NaN|Infinity/);
  });

  it('moves labels apart that would lie on each other', () => {
    const svg = lineChart(
      'Losses',
      [
        { name: 'first', values: [1, 2] },
        { name: 'second', values: [3, 2] },
        { name: 'third', values: [0, 2] },
      ],
      percentOf,
    );
    const at = [...svg.matchAll(/<text x="[\d.]+" y="([\d.]+)" fill/g)].map(([, y]) => Number(y)).sort((a, b) => a - b);
    expect(at).toHaveLength(3);
    expect(at[1] - at[0]).toBeGreaterThanOrEqual(12);
    expect(at[2] - at[1]).toBeGreaterThanOrEqual(12);
  });
});
