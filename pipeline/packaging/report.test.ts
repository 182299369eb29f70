import type { Manifest } from '@sld-edge/runtime';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PackageInput } from './package-input.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { calibrationText } from './calibration-text.ts';
import { htmlReport } from './report.ts';
import { speedText } from './speed.ts';
import { surestMistakes } from './report/mistakes.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
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
  beforeAll(async () => {
    html = await htmlReport(packageInput(), manifest());
  });

  it('is one page without scripts or anything to fetch, and escapes what it is given', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|\ssrc="(?!data:image\/)|url\(|https?:/i);
    expect(html).toContain('&#60;tiny&#62; &#38; &#34;more&#34;');
    expect(html).toContain('&#60;/pre&#62;&#60;script&#62;');
  });

  it('states the figures of each variant, what quantization cost and the calibration', () => {
    expect(html).toContain(
      '<tr class="best"><th scope="row">uint8</th><td>78,464</td><td>66.67 %</td><td>100.00 %</td><td>95.83 %</td></tr>',
    );
    expect(html).toContain('0.25 points');
    expect(html).toContain('<li>uint8: temperature 1.5, expected calibration error 0.0512 before, 0.0101 after; withholds answers below');
    expect(html).toContain('77,946 parameters');
    expect(html).toContain('<b>66.67 %</b>');
  });

  it('draws the teacher beside the student where its size is known', async () => {
    expect(html).not.toContain('teacher: ');
    const teacher = { ...record.teacher!, weightBytes: 784_640 };
    const known = await htmlReport(packageInput({ record: { ...record, teacher } }), manifest());
    expect(known).toContain('big, with 785 kB of weights, 10 times the student');
    expect(known).toContain('<title>teacher: 784,640 bytes, 87.50 %</title>');
  });

  it('states the time of an image where it was measured, and on what machine', async () => {
    expect(html).not.toContain(' ms');
    const speed = {
      machine: 'a processor, 2 cores',
      variants: { float32: { backend: 'tfjs-wasm', milliseconds: 12.34 }, uint8: { backend: 'tfjs-wasm', milliseconds: 0.456 } },
      teacher: { backend: 'tensorflow', milliseconds: 123.4 },
    };
    const timed = await htmlReport(packageInput({ speed }), manifest());
    expect(timed).toContain('<td>95.83 %</td><td>0.46 ms</td></tr>');
    expect(timed).toContain('<td>–</td><td>–</td><td>123 ms</td></tr>');
    expect(timed).toContain(
      "<b>0.46 ms</b><span>is what an image takes on a processor, 2 cores; the teacher's 123 ms on tensorflow</span>",
    );
    expect(speedText(speed)).toBe(
      'speed: an image takes float32 12 ms on tfjs-wasm, uint8 0.46 ms on tfjs-wasm, teacher 123 ms on tensorflow (a processor, 2 cores; one image at a time, medians)',
    );
  });

  it('counts which class is taken for which, and gives recall and precision of each', () => {
    expect(html).toContain('<title>class 2 taken for class 0: 8 of 8 (100.0 %)</title>');
    expect(html).toContain('<tr><th scope="row">class 2</th><td>class 0</td><td>8</td><td>100.0 %</td></tr>');
    // Class 0 is answered for its own 8 and the 8 of class 2; class 2 never.
    const rows = [
      'class 2</th><td>0.0 %</td><td>–</td>',
      'class 0</th><td>100.0 %</td><td>50.0 %</td>',
      'class 1</th><td>100.0 %</td><td>100.0 %</td>',
    ];
    const places = rows.map((row) => html.indexOf(`${row}<td>8</td>`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('shows the pictures that are wrong, with what was taken for what', async () => {
    const pictures = [...html.matchAll(/<img src="data:image\/png;base64,([^"]+)" alt="([^"]+)"/g)];
    expect(pictures.map(([, , alt]) => alt)).toEqual(Array(8).fill('class 2, taken for class 0'));
    // The first test image of class 2 is the third.
    const { data: pixels } = await sharp(Buffer.from(pictures[0][1], 'base64'))
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...pixels]).toEqual([...data.test.images.image(2)]);
    // Logits 1, 0 and 0 at temperature 1.5: e^(2/3) / (e^(2/3) + 2) = 0.493.
    expect(html).toContain('class 0 49 %');
    expect(html).toContain('is class 2 (25 %)');
    expect(html).toContain('8 of 24 test images are taken for another class. All of them');
  });

  it('says the plan that the run followed, and a validation accuracy that is far above test', async () => {
    expect(html).not.toContain('What was planned');
    expect(html).not.toContain('Warning');
    const planned = packageInput({ record: { ...record, plan: ['plan for <tiny>', '  1 read the images'] } });
    expect(await htmlReport(planned, manifest())).toContain('plan for &#60;tiny&#62;\n  1 read the images');
    const { variants } = packageInput();
    const float32 = {
      ...variants.float32,
      validation: { top1: 0.9, top5: 1, count: 10_000 },
      accuracy: { top1: 0.6, top5: 1, count: 10_000 },
    };
    expect(await htmlReport(packageInput({ variants: { ...variants, float32 } }), manifest())).toContain(
      'Warning: validation top-1 is 30.0 points above test top-1',
    );
  });

  it('lists layers by what quantization did to them, the worst first', () => {
    expect(html.indexOf('conv1/kernel')).toBeLessThan(html.indexOf('fc/weights'));
    expect(html).toContain('4.56 %');
  });

  it('draws many classes as a picture of one pixel a cell, and stays small with noise for pictures', async () => {
    const classes = 100;
    const many = tinyRunData({ classes, size: 128, channels: 3, counts: { train: 100, validation: 100, test: 400 } });
    // Every image is taken for the class after its own.
    const testLogits = new Float32Array(400 * classes);
    many.test.labels.forEach((label, i) => (testLogits[i * classes + ((label + 1) % classes)] = 5));
    const { variants } = packageInput();
    const uint8 = { ...variants.uint8, testLogits };
    const page = await htmlReport(packageInput({ data: many, variants: { float32: uint8, uint8 } }), manifest());
    expect(page.length).toBeLessThan(300_000);
    expect(page.match(/data:image\/jpeg/g)!.length).toBeGreaterThan(10);
    const [, matrix] = /class="matrix"[^>]*base64,([^"]+)"/.exec(page)!;
    const { data: pixels, info } = await sharp(Buffer.from(matrix, 'base64')).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([100, 100]);
    const alphaOf = (truth: number, answer: number): number => pixels[4 * (truth * classes + answer) + 3];
    expect([alphaOf(3, 4), alphaOf(4, 4), alphaOf(99, 0)]).toEqual([255, 0, 255]);
  });

  it('marks a quick run, and does without epochs or a teacher', async () => {
    expect(html).not.toContain('class="quick"');
    expect(await htmlReport(packageInput(), manifest({ quick: true }))).toContain('class="quick"');
    const bare = await htmlReport(packageInput({ record: { ...record, teacher: null, history: [] } }), manifest());
    expect(bare).not.toContain('NaN');
    expect(bare).not.toContain('undefined');
  });
});

describe('surestMistakes', () => {
  it('are the wrong answers by their probability, of equals in the order of the images', () => {
    // Labels 0, 0, 1, 0: wrong are the second (1 against 0), the third (2 against 0) and the fourth (1 against 0).
    const found = surestMistakes(Float32Array.of(3, 0, 0, 1, 2, 0, 0, 1), [0, 0, 1, 0], 2, 1, 2);
    expect(found.map(({ image, truth, answer }) => [image, truth, answer])).toEqual([
      [2, 1, 0],
      [1, 0, 1],
    ]);
    expect(found[0].answerProbability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(found[0].truthProbability).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
  });
});

describe('calibrationText', () => {
  const plain = { ...ownCalibration, abstainThreshold: null, abstain: null };

  it('says why there is no temperature', () => {
    expect(calibrationText({ ...plain, temperature: 1, errorAfter: 0.0512 })).toBe(
      'temperature 1 (a fitted one did not lower the error of validation images that it was not fitted on), expected calibration error 0.0512; withholds no answer',
    );
  });

  it('says where none was fitted', () => {
    expect(calibrationText({ ...plain, temperature: 1, errorAfter: 0.0512, flawlessValidation: true })).toBe(
      'temperature 1 (none was fitted: the validation images, or every second of them, have no mistake), expected calibration error 0.0512; withholds no answer',
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
