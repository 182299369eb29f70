import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFiles } from '@sld-edge/runtime';
import { writeIntegerProgram } from '@sld-edge/runtime/integer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../engines/engine.ts';
import { freeze } from '../../networks/freeze.ts';
import { writeGraphModel } from '../graph-model.ts';
import { writeInt8OnnxModel } from '../onnx-int8-model.ts';
import { writeOnnxModel } from '../onnx-model.ts';
import type { PackageInput } from '../package-input.ts';
import { writePackage } from '../write-package.ts';
import { integerCalibration } from '../../quantization/integer/calibration-images.ts';
import { PLAIN_SCALE } from '../../evaluation/model-input.ts';
import { quantizeNetwork } from '../../quantization/integer/quantize-network.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../../testing/tiny-package.ts';
import { checkPackage } from './check-package.ts';
import { goldenBackends } from './golden-backends.ts';

const student = tinyStudent();
let input: Omit<PackageInput, 'modelsFolder'>;
let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
  input = await tinyPackageInput(student);
});

const write = (changes: Partial<PackageInput> = {}) => writePackage({ ...input, ...changes, modelsFolder: temporaryFolder() });
const withoutIntegers = (): PackageInput['goldens'] => ({ ...input.goldens, integers: undefined });
const { 'tfjs-wasm': wasm, interpreter } = goldenBackends;
const failures = ({ checks }: Awaited<ReturnType<typeof checkPackage>>): string[] =>
  checks.filter(({ status }) => status === 'fail').map(({ what, file }) => `${what} ${file}`);

describe('checkPackage', () => {
  it('passes a package as it was written: every file, and the goldens of each variant and of the ONNX file', async () => {
    const { folder, manifest } = await write();
    const said: string[] = [];
    const report = await checkPackage(folder, ({ what, file }) => said.push(`${what} ${file}`), { 'tfjs-wasm': wasm, interpreter });
    expect(report).toMatchObject({ name: 'tiny', version: manifest.version, pass: true });
    expect(report.checks.map(({ status }) => status)).toEqual(report.checks.map(() => 'pass'));
    expect(said).toEqual([
      ...['manifest', 'schema', 'version'].map((what) => `${what} manifest.json`),
      'index ../../index.json',
      ...packageFiles(manifest).map(({ path }) => `file ${path}`),
      'goldens on tfjs-wasm tfjs/float32/model.json',
      'goldens on tfjs-wasm tfjs/uint8/model.json',
      'goldens on tfjs-wasm tfjs/mixed/model.json',
      'goldens on interpreter integer/program.json',
      'goldens on onnx onnx/model.onnx',
      'goldens on onnx, int8 onnx/model-int8.onnx',
    ]);
  });

  it('says of a backend that is not here that it was not asked', async () => {
    const { folder } = await write();
    const report = await checkPackage(folder, undefined, {
      'tfjs-wasm': wasm,
      tensorflow: { ...goldenBackends.tensorflow, prepare: async () => Promise.reject(new Error('no binding\nat some place')) },
    });
    expect(report.pass).toBe(true);
    expect(report.checks).toContainEqual({ what: 'goldens on tensorflow', status: 'skip', detail: 'this machine lacks it: no binding' });
  });

  it('fails on an integer variant of which one number is another, and says at which node it begins', async () => {
    const { integer, ...others } = input.variants;
    const program = structuredClone(integer!.program);
    const conv = program.nodes.find((node) => node.name === 'conv1') as { bias: Int32Array };
    conv.bias[0] += 1000;
    const { folder } = await write({ variants: { ...others, integer: { ...integer!, program, ...(await writeIntegerProgram(program)) } } });
    const report = await checkPackage(folder, undefined, { interpreter });
    expect(failures(report)).toEqual(['goldens on interpreter integer/program.json']);
    const { detail } = report.checks.find(({ status }) => status === 'fail')!;
    expect(detail).toMatch(
      /does not reproduce the golden logits of tiny@[0-9a-f]{12} \(integer\): largest error \d+(\.\d+)?, allowed 0\. The first difference: convolution "conv1" gives other activations\.$/,
    );
  });

  it('has no line on integers where a package has none', async () => {
    const { float32, uint8 } = input.variants;
    const { folder } = await write({
      variants: { float32, uint8 },
      packaged: ['float32', 'uint8'],
      goldens: withoutIntegers(),
      int8Onnx: undefined,
    });
    const report = await checkPackage(folder, undefined, { interpreter });
    expect(report.pass).toBe(true);
    expect(report.checks.map(({ what }) => what).filter((what) => what.startsWith('goldens'))).toEqual(['goldens on onnx']);
  });

  it('fails on an ONNX file of another network', async () => {
    const { folder } = await write({ onnx: writeOnnxModel(freeze(student.network, randomState(student.network, 99)), student.data) });
    expect(failures(await checkPackage(folder, undefined, { 'tfjs-wasm': wasm }))).toEqual(['goldens on onnx onnx/model.onnx']);
  });

  it('fails on an int8 ONNX file of another network, and on one beside no integer variant', async () => {
    const other = await quantizeNetwork(
      engine.tf,
      freeze(student.network, randomState(student.network, 99)),
      integerCalibration(student.data.train, student.data.inputShape, { ...student.data.preprocessing, scale: PLAIN_SCALE }, 8),
    );
    const { folder } = await write({ int8Onnx: { ...input.int8Onnx!, model: writeInt8OnnxModel(other, student.data) } });
    const report = await checkPackage(folder, undefined, {});
    expect(failures(report)).toEqual(['goldens on onnx, int8 onnx/model-int8.onnx']);
    expect(report.checks.find(({ status }) => status === 'fail')!.detail).toMatch(
      /^\d+ images, logits within \d\.\de[+-]\d of the integer variant's \(allowed [\d.]+\), \d+ answers the same; ONNX Runtime/,
    );
    const { float32, uint8 } = input.variants;
    const without = await checkPackage(
      (await write({ variants: { float32, uint8 }, packaged: ['float32', 'uint8'], goldens: withoutIntegers() })).folder,
      undefined,
      {},
    );
    expect(without.checks.find(({ status }) => status === 'fail')).toEqual({
      what: 'goldens on onnx, int8',
      file: 'onnx/model-int8.onnx',
      status: 'fail',
      detail: 'the package has no integer variant to compare it with',
    });
  });

  it('fails on a variant that does not answer as its goldens say', async () => {
    const { uint8 } = input.variants;
    const { folder } = await write({
      variants: { ...input.variants, uint8: { ...uint8, validationLogits: uint8.validationLogits.map((logit) => logit + 0.01) } },
    });
    const report = await checkPackage(folder, undefined, { 'tfjs-wasm': wasm });
    expect(failures(report)).toEqual(['goldens on tfjs-wasm tfjs/uint8/model.json']);
    expect(report.checks.find(({ status }) => status === 'fail')!.detail).toMatch(
      /does not reproduce the golden logits of tiny@[0-9a-f]{12} \(uint8\)/,
    );
  });

  it.each([
    ['the first layer', 'conv1.weight', /Of the recorded layers conv1 is the first that is wrong \(relative errors: conv1 \S+, add_/],
    [
      'a late layer',
      'layer3.0.conv2.weight',
      /Of the recorded layers add_27 is the first that is wrong, after add_18 \(relative errors: conv1 0\.0e\+0, /,
    ],
    [
      'the last layer alone',
      'fc.weight',
      /The recorded layers are right \(relative errors: conv1 0\.0e\+0, .*\): the fault lies behind them\./,
    ],
  ])('tells that %s is wrong', async (_, parameter, where) => {
    const state = new Map(
      [...student.state].map(([name, { shape, data }]) => [name, { shape, data: name === parameter ? data.map((value) => -value) : data }]),
    );
    const graph = writeGraphModel(freeze(student.network, state), 'uint8');
    const { uint8 } = input.variants;
    const { folder } = await write({ variants: { ...input.variants, uint8: { ...uint8, graph } } });
    const report = await checkPackage(folder, undefined, { 'tfjs-wasm': wasm });
    expect(failures(report)).toEqual(['goldens on tfjs-wasm tfjs/uint8/model.json']);
    expect(report.checks.find(({ status }) => status === 'fail')!.detail).toMatch(where);
  });

  it('names every file that is wrong, and uses no weight then', async () => {
    const { folder } = await write();
    writeFileSync(join(folder, 'card.md'), 'another card');
    rmSync(join(folder, 'onnx/model.onnx'));
    writeFileSync(join(folder, 'tfjs/notes.txt'), 'more');
    const report = await checkPackage(folder, undefined, { 'tfjs-wasm': wasm });
    expect(failures(report)).toEqual(['file onnx/model.onnx', 'file card.md', 'file tfjs/notes.txt']);
    expect(report.checks.at(-1)).toMatchObject({ what: 'goldens', status: 'skip' });
    expect(report.pass).toBe(false);
  });

  it('finds out a manifest that says something else than what the package was made with', async () => {
    const { folder } = await write();
    const path = join(folder, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"validationTop1": 0.5', '"validationTop1": 0.9'));
    expect(failures(await checkPackage(folder, undefined, { 'tfjs-wasm': wasm }))).toEqual([
      'version manifest.json',
      'index ../../index.json',
    ]);
  });

  it('lists all faults of a manifest', async () => {
    const { folder, manifest } = await write();
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, labels: ['one'], quick: 'no' }));
    const { checks, pass } = await checkPackage(folder, undefined, { 'tfjs-wasm': wasm });
    expect(pass).toBe(false);
    expect(checks.find(({ what }) => what === 'schema')!.detail).toBe('/quick must be boolean; /labels must NOT have fewer than 2 items');
  });

  it('refuses a folder that holds no package', async () => {
    await expect(checkPackage(temporaryFolder())).rejects.toThrow(/ is no package: expected a folder with manifest\.json/);
  });
});
