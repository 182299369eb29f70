import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClassifier, loadPackage, packageFiles, type Manifest } from '@sld-edge/runtime';
import { parseManifest } from '@sld-edge/runtime/format';
import { createIntegerRunner } from '@sld-edge/runtime/integer';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { calibrateVariant } from '../evaluation/calibrate-variant.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../testing/tiny-package.ts';
import { createNodeWasmBackend } from '../evaluation/reference-backend.ts';
import { checkPackages } from './check/check-models-folder.ts';
import { readModelIndex } from './model-index.ts';
import { relativeDifference } from '../support/difference.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { LOGIT_TOLERANCE, writeOnnxModel } from './onnx-model.ts';
import type { PackageInput } from './package-input.ts';
import { writePackage } from './write-package.ts';

const student = tinyStudent();
let input: Omit<PackageInput, 'modelsFolder'>;
beforeAll(async () => {
  input = await tinyPackageInput(student);
});

const write = (modelsFolder: string, changes: Partial<PackageInput> = {}): Promise<{ folder: string; manifest: Manifest }> =>
  writePackage({ ...input, ...changes, modelsFolder });

/** Every file under a folder, by relative path. */
function filesOf(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

describe('writePackage', () => {
  it('states the size and SHA-256 of every file, and writes no file that it does not state', async () => {
    const { folder, manifest } = await write(temporaryFolder());
    const files = filesOf(folder);
    expect(parseManifest(files.get('manifest.json')!)).toEqual(manifest);
    const stated = packageFiles(manifest);
    expect(
      stated
        .map(({ path }) => path)
        .concat('manifest.json')
        .sort(),
    ).toEqual([...files.keys()].sort());
    for (const { path, bytes, sha256 } of stated) {
      expect(files.get(path)!.length, path).toBe(bytes);
      expect(createHash('sha256').update(files.get(path)!).digest('hex'), path).toBe(sha256);
    }
    expect(folder.endsWith(join('tiny', manifest.version))).toBe(true);
    expect(manifest.version).toMatch(/^[0-9a-f]{12}$/);
  });

  it('is found by what serves it', async () => {
    const models = temporaryFolder();
    const { manifest } = await write(models);
    const checked = await checkPackages(models);
    expect(checked.manifests).toEqual([manifest]);
    expect(checked.index).toMatchObject({
      default: 'tiny',
      packages: [{ name: 'tiny', version: manifest.version, quick: false, title: 'resnet8 for tiny' }],
    });
  });

  it('is the same bytes every time: the version is a function of the content', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const { manifest } = await write(one);
    await write(two);
    expect(filesOf(two)).toEqual(filesOf(one));
    await write(one);
    expect(filesOf(two)).toEqual(filesOf(one));
    expect(readModelIndex(one).packages).toHaveLength(1);

    const other = await write(one, { software: { node: 'v1', commit: 'none' } });
    expect(other.manifest.version).not.toBe(manifest.version);
    expect(readModelIndex(one).packages.map(({ version }) => version)).toEqual([manifest.version, other.manifest.version]);
  });

  it('repairs a package of which a file was damaged', async () => {
    const models = temporaryFolder();
    const { folder } = await write(models);
    const whole = filesOf(models);
    writeFileSync(join(folder, 'tfjs/uint8/model.json'), 'damaged');
    await write(models);
    expect(filesOf(models)).toEqual(whole);
  });

  it('states what was measured, and where it came from', async () => {
    const { manifest } = await write(temporaryFolder());
    for (const variant of ['float32', 'uint8'] as const) {
      const { accuracy, agreementWithFloat32, graph } = input.variants[variant];
      expect(manifest.variants[variant]).toMatchObject({ accuracy, agreementWithFloat32, weightBytes: graph.weightBytes });
    }
    expect(manifest.metrics).toMatchObject({ parameters: input.parameters, validationTop1: 0.5, teacherTestTop1: 0.875 });
    expect(manifest.provenance).toMatchObject({
      seed: 1,
      engine: 'an engine of the test',
      epochs: 2,
      data: { name: 'tiny' },
      teacher: { name: 'big', testTop1: 0.875 },
    });
    expect(manifest.calibration.temperature).toBeGreaterThan(0);
    expect(manifest.preprocessing).toEqual(student.data.preprocessing);
    expect(manifest.labels).toEqual(['class 0', 'class 1', 'class 2']);
  });

  it('calibrates each variant by its own logits, and withholds answers where an error rate is asked for', async () => {
    const { manifest } = await write(temporaryFolder(), { abstainError: 0.7 });
    for (const variant of ['float32', 'uint8'] as const) {
      const { validationLogits, testLogits } = input.variants[variant];
      const { validation, test } = student.data;
      expect(manifest.variants[variant]!.calibration).toEqual(
        calibrateVariant(
          variant,
          { logits: validationLogits, labels: validation.labels },
          { logits: testLogits, labels: test.labels },
          3,
          0.7,
        ),
      );
    }
    const { temperature, abstainThreshold, abstain, errorBefore, errorAfter } = manifest.variants.integer!.calibration!;
    expect(manifest.calibration).toEqual({ temperature, abstainThreshold });
    expect(abstainThreshold).not.toBeNull();
    expect(abstain!.validation.error).toBeLessThanOrEqual(0.7);
    expect(manifest.metrics).toMatchObject({ calibrationErrorBefore: errorBefore, calibrationErrorAfter: errorAfter });
    expect(manifest.provenance).toMatchObject({ configuration: { abstainError: 0.7 } });
    const plain = (await write(temporaryFolder())).manifest;
    expect(plain.calibration.abstainThreshold).toBeNull();
    expect(plain.variants.uint8!.calibration).toMatchObject({ abstainThreshold: null, abstain: null });
  });

  it('withholds the answers that the classifier of server and page withholds', async () => {
    const { folder, manifest } = await write(temporaryFolder(), { abstainError: 0.7 });
    const { validation } = student.data;
    for (const variant of ['float32', 'uint8'] as const) {
      const classifier = await createClassifier(
        await loadPackage((path) => readFile(join(folder, path)), { variant }),
        createNodeWasmBackend(),
      );
      let answered = 0;
      for (let i = 0; i < validation.count; i++)
        if (!(await classifier.classifyPixels(validation.images.image(i).slice())).abstained) answered++;
      classifier.dispose();
      expect(answered / validation.count).toBeCloseTo(manifest.variants[variant]!.calibration!.abstain!.validation.coverage, 5);
    }
  });

  it('has goldens that are the validation images’ own pixels and logits', async () => {
    const { folder } = await write(temporaryFolder());
    const goldens = JSON.parse(readFileSync(join(folder, 'goldens/goldens.json'), 'utf8')) as { count: number; labels: number[] };
    const pixels = readFileSync(join(folder, 'goldens/pixels.bin'));
    const { validation } = student.data;
    expect(pixels.length).toBe(goldens.count * 64);
    for (let i = 0; i < goldens.count; i++) {
      const image = pixels.subarray(i * 64, (i + 1) * 64);
      const at = Array.from({ length: validation.count }, (_, k) => k).find((k) => image.equals(validation.images.image(k)))!;
      expect(goldens.labels[i]).toBe(validation.labels[at]);
      for (const variant of ['float32', 'uint8'] as const) {
        const logits = readFileSync(join(folder, `goldens/logits-${variant}.bin`));
        expect(logits).toHaveLength(4 * 3 * goldens.count);
        expect([0, 1, 2].map((c) => logits.readFloatLE(4 * (3 * i + c)))).toEqual([
          ...input.variants[variant].validationLogits.subarray(at * 3, at * 3 + 3),
        ]);
      }
      const integers = readFileSync(join(folder, 'goldens/logits-integer.bin'));
      expect([0, 1, 2].map((c) => integers.readInt32LE(4 * (3 * i + c)))).toEqual([
        ...createIntegerRunner(input.variants.integer!.program).integerLogits(validation.images.image(at)),
      ]);
    }
  });

  it('does not write over a damaged version that git tracks', async () => {
    const checkout = temporaryFolder();
    const { folder } = await write(checkout);
    execFileSync('git', ['init'], { cwd: checkout, stdio: 'ignore' });
    execFileSync('git', ['add', '.'], { cwd: checkout, stdio: 'ignore' });
    await write(checkout);
    writeFileSync(join(folder, 'card.md'), 'another card');
    expect((await errorOf(() => write(checkout))).message).toMatch(
      /holds files that git tracks .*: it is not written over; its files are not those of its version: git restore brings them back$/,
    );
    expect(readFileSync(join(folder, 'card.md'), 'utf8')).toBe('another card');
  });

  it('has samples that decode to test images of the class that they state', async () => {
    const { folder, manifest } = await write(temporaryFolder());
    expect(manifest.samples.map(({ label }) => label)).toEqual(student.data.labels);
    for (const { file, label } of manifest.samples) {
      const decoded = await sharp(join(folder, file.path)).greyscale().raw().toBuffer();
      const at = student.data.test.labels.indexOf(student.data.labels.indexOf(label));
      expect(decoded.equals(student.data.test.images.image(at)), label).toBe(true);
    }
  });

  it('holds no tensor of the teacher, nor any other than the frozen student’s', async () => {
    const { folder } = await write(temporaryFolder());
    const frozen = freeze(student.network, student.state);
    const expected = frozen.nodes.flatMap((node) => {
      if (node.op === 'conv2d') return [`${node.name}/kernel`, `${node.name}/bias`];
      if (node.op === 'linear') return [`${node.name}/weights`, `${node.name}/bias`];
      return node.op === 'globalAveragePool' ? [`${node.name}/axes`] : [];
    });
    for (const variant of ['float32', 'uint8']) {
      const model = JSON.parse(readFileSync(join(folder, 'tfjs', variant, 'model.json'), 'utf8')) as {
        weightsManifest: { weights: { name: string }[] }[];
      };
      expect(model.weightsManifest.flatMap(({ weights }) => weights.map(({ name }) => name)).sort()).toEqual(expected.sort());
    }
    const teacher = randomState(buildNetwork('resnet20', { inputShape: student.data.inputShape, classes: 3 }), 77);
    const all = Buffer.concat([...filesOf(folder).values()]);
    // The same search finds the student's.
    const bias = frozen.nodes.find((node) => node.op === 'linear')!.constants.bias.data;
    expect(all.includes(Buffer.from(bias.buffer, bias.byteOffset, bias.byteLength))).toBe(true);
    for (const [name, { data }] of teacher)
      expect(all.includes(Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, 32))), name).toBe(false);
  });

  it('names the data set and the teacher, not where its maker kept them', async () => {
    const configuration = {
      ...student.record.configuration,
      data: 'cifar10:/home/somebody/images',
      teacher: '/home/somebody/big.onnx',
      teacherPreprocessing: 'private/big.json',
    };
    const teacher = { name: '/home/somebody/big.onnx', network: 'ONNX', sha256: 'aa', validationTop1: 1, testTop1: 1 };
    const { folder, manifest } = await write(temporaryFolder(), { record: { ...student.record, configuration, teacher } });
    expect(manifest.provenance).toMatchObject({
      configuration: { data: 'cifar10', teacher: 'big.onnx', teacherPreprocessing: 'big.json' },
      teacher: { name: 'big.onnx' },
    });
    for (const [path, bytes] of filesOf(folder)) expect(Buffer.from(bytes).includes('somebody'), path).toBe(false);
  });

  it('has the network as ONNX, which answers as the float32 graph does, and another network does not', async () => {
    const { folder, manifest } = await write(temporaryFolder());
    expect(manifest.onnx).toMatchObject({
      opset: 17,
      model: { path: 'onnx/model.onnx' },
      int8: { model: { path: 'onnx/model-int8.onnx' }, accuracy: { count: 24 } },
    });
    const { validation, preprocessing } = student.data;
    const difference = async (model: Uint8Array): Promise<number> =>
      relativeDifference(
        await logitsOf({ kind: 'onnx', model }, validation.images, preprocessing),
        input.variants.float32.validationLogits,
      );
    expect(await difference(readFileSync(join(folder, 'onnx/model.onnx')))).toBeLessThan(1e-5);
    const other = freeze(student.network, randomState(student.network, 99));
    expect(await difference(writeOnnxModel(other, student.data))).toBeGreaterThan(LOGIT_TOLERANCE);
  });

  it('says of a quick run that it is not a real result', async () => {
    const record = { ...student.record, configuration: { ...student.record.configuration, quick: true } };
    const { folder, manifest } = await write(temporaryFolder(), { record });
    expect(manifest.quick).toBe(true);
    for (const text of [manifest.title, readFileSync(join(folder, 'report.html'), 'utf8'), readFileSync(join(folder, 'card.md'), 'utf8')])
      expect(text).toMatch(/quick run.*no|not a real result/i);
    expect(readFileSync(join((await write(temporaryFolder())).folder, 'card.md'), 'utf8')).not.toMatch(/quick/i);
  });

  describe('where it fails', () => {
    it('leaves nothing behind when the folder of its name is a file', async () => {
      const models = temporaryFolder();
      writeFileSync(join(models, 'tiny'), 'in the way');
      expect((await errorOf(() => write(models))).message).toMatch(/^the package can't be written to .*tiny.[0-9a-f]{12}: E(NOTDIR|EXIST)/);
      expect([...filesOf(models)]).toEqual([['tiny', Buffer.from('in the way')]]);
    });

    it('leaves nothing behind when the index is broken, and leaves the index', async () => {
      const models = temporaryFolder();
      writeFileSync(join(models, 'index.json'), '{"formatVersion":');
      await errorOf(() => write(models));
      expect([...filesOf(models)]).toEqual([['index.json', Buffer.from('{"formatVersion":')]]);
    });

    it('leaves the other packages alone, whatever lies in the place of its own', async () => {
      const models = temporaryFolder();
      await write(models);
      const before = filesOf(models);
      const { manifest } = await write(temporaryFolder(), { parameters: 1 });
      // A folder that is not this package.
      mkdirSync(join(models, 'tiny', manifest.version, 'mounted'), { recursive: true });
      await write(models, { parameters: 1 });
      expect(existsSync(join(models, 'tiny', manifest.version, 'mounted'))).toBe(false);
      for (const [path, bytes] of before)
        if (path !== 'index.json') expect(readFileSync(join(models, path)).equals(bytes), path).toBe(true);
    });
  });
});
