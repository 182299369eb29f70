import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { freeze } from '../networks/freeze.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyStudent } from '../testing/tiny-package.ts';
import { tinyImages } from '../testing/tiny-data.ts';
import { predictions } from '../evaluation/accuracy.ts';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { buildPackage } from './build-package.ts';
import { checkPackages } from './check/check-models-folder.ts';
import { saveStudent } from './student.ts';

/**
 * A student that 8 bits ruin: feature 0 is always zero, so that the head's weights for it do not matter to float32; being
 * huge, they leave one level to all others. The labels are what float32 answers, which is every class.
 */
async function ruinedByQuantization() {
  const { data, network, state, record } = tinyStudent();
  const [features, classes] = [64, 3];
  for (const name of ['layer3.0.bn2', 'layer3.0.downsample.1'])
    for (const part of ['weight', 'bias']) state.get(`${name}.${part}`)!.data[0] = 0;
  for (let label = 0; label < classes; label++) state.get('fc.weight')!.data[label * features] = label % 2 === 0 ? 1e5 : -1e5;
  const images = {
    ...tinyImages(60, 21),
    images: imagesInMemory(
      Uint8Array.from({ length: 60 * 64 }, (_, i) => (i * i * 31 + Math.floor(i / 64) * 97) % 256),
      64,
    ),
  };

  const { tf } = await wasmEngine();
  const float32Logits = (): Promise<Float32Array> => frozenLogits(tf, freeze(network, state), images, data.normalise);
  // Without this one class would be the answer to everything.
  const logits = await float32Logits();
  for (let label = 0; label < classes; label++)
    state.get('fc.bias')!.data[label] -= logits.filter((_, i) => i % classes === label).reduce((sum, logit) => sum + logit / 60, 0);
  const labels = Uint16Array.from(predictions(await float32Logits(), classes));
  expect(new Set(labels).size).toBe(classes);

  const path = join(temporaryFolder(), 'student.safetensors');
  saveStudent(path, network, state, data.preprocessing, record);
  return { path, data: { ...data, validation: { ...images, labels } } };
}

describe('buildPackage', () => {
  it('fails the run where 8 bits cost more than --max-drop, and writes nothing', async () => {
    const { path, data } = await ruinedByQuantization();
    const modelsFolder = join(temporaryFolder(), 'models');
    const said: string[] = [];
    const error = await errorOf(() =>
      buildPackage({
        studentPath: path,
        data,
        modelsFolder,
        maxDrop: 0.5,
        variants: 'float32,uint8',
        abstainError: 0,
        makeDefault: true,
        say: (line) => said.push(line),
      }),
    );
    expect(error.message).toMatch(
      /^8-bit weights cost \d+\.\d\d points of top-1 on the validation images, more than the 0\.5 of --max-drop; nothing was packaged$/,
    );
    expect(existsSync(modelsFolder)).toBe(false);
    expect(said[0]).toMatch(/float32.*100\.00 % of 60 validation images/);
    // Test images have no say, and are not looked at before.
    expect(said.join()).not.toMatch(/test images/);

    // The same student where the loss is allowed.
    const { folder, manifest } = await buildPackage({
      studentPath: path,
      data,
      modelsFolder,
      maxDrop: 100,
      variants: 'integer',
      abstainError: 0,
      makeDefault: true,
      say: (line) => said.push(line),
    });
    expect(existsSync(folder)).toBe(true);
    expect(manifest.metrics.validationDropPoints).toBeGreaterThan(0.5);
    expect(Object.keys(manifest.variants)).toEqual(['uint8', 'integer']);
    expect(said).toContainEqual(expect.stringMatching(/^measure integer : .* of 24 test images on wasm, agrees with float32 on /));
    expect(said.at(-1)).toMatch(/100 allowed; variants uint8, integer\)$/);
    expect((await checkPackages(modelsFolder)).manifests).toEqual([manifest]);
  });
});
