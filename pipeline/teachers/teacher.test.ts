import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../networks/index.ts';
import { defaults } from '../presets/configuration.ts';
import { writeSafetensors } from '../storage/safetensors.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { loadCheckpoint, loadTeacher, normalisationOf, saveTeacher } from './teacher.ts';

const data = tinyRunData();
const network = buildNetwork('resnet14', { inputShape: data.inputShape, classes: 3 });

function saved(made: Record<string, string> = { testTop1: '0.9' }): string {
  const path = join(temporaryFolder(), 'big.safetensors');
  saveTeacher(path, network, randomState(network), data, made);
  return path;
}

describe('teachers', () => {
  it('load as they were saved, with what their maker said and their digest', () => {
    const path = saved();
    const teacher = loadTeacher(path, data);
    expect(teacher.network).toEqual(network);
    expect(teacher.state).toEqual(randomState(network));
    expect(teacher.metadata).toMatchObject({ network: 'resnet14', classes: '3', testTop1: '0.9', labels: '["class 0","class 1","class 2"]' });
    expect(teacher.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    expect(normalisationOf(teacher)).toEqual({ mean: [0.4], std: [0.25] });
  });

  it('the default run’s is in the repository and fits Fashion-MNIST', () => {
    const teacher = loadCheckpoint(defaults.teacher, { name: 'fashion-mnist', labels: Array<string>(10).fill(''), inputShape: { height: 28, width: 28, channels: 1 } });
    expect(teacher.network.name).toBe('resnet20');
    expect(Number(teacher.metadata.testTop1)).toBeGreaterThanOrEqual(0.935);
    expect(normalisationOf(teacher).mean).toHaveLength(1);
    for (const [name, { data }] of teacher.state) expect(data.every(Number.isFinite), name).toBe(true);
  });

  it.each([
    ['another number of classes', { ...data, labels: ['a', 'b'] }, /^teacher .*big\.safetensors knows 3 classes, tiny has 2$/],
    ['another normalisation', { ...data, preprocessing: { ...data.preprocessing, mean: [0.5] } }, /^teacher .* expects images normalised by \{"mean":\[0\.4\],"std":\[0\.25\]\}, tiny gives \{"mean":\[0\.5\],"std":\[0\.25\]\}$/],
    ['images of other channels', { ...data, inputShape: { ...data.inputShape, channels: 3 } }, /"conv1\.weight" has shape \[16,1,3,3\], resnet14 with 3 classes expects \[16,3,3,3\]$/],
  ])('refuse data of %s in one line', async (_what, other, message) => {
    const path = saved();
    expect((await errorOf(() => loadTeacher(path, other))).message).toMatch(message);
  });

  it('refuse names that there are not, naming those that there are', async () => {
    expect((await errorOf(() => loadTeacher('resnet56.mine', data))).message).toMatch(/^no teacher "resnet56\.mine"; allowed: a path to a \.safetensors file, or one of .*resnet20\.fashion-mnist/);
    expect((await errorOf(() => loadTeacher('', data))).message).toMatch(/^no teacher ""/);
  });

  it('refuse files that are no checkpoints of ours', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeSafetensors(path, randomState(network));
    expect((await errorOf(() => loadTeacher(path, data))).message).toBe(`${path} does not say which network it is (metadata "network")`);
    writeSafetensors(path, randomState(network), { network: 'resnet9', classes: '3' });
    expect((await errorOf(() => loadTeacher(path, data))).message).toMatch(/^unknown network "resnet9"/);
    writeSafetensors(path, randomState(network), { network: 'resnet14', classes: '3' });
    expect((await errorOf(() => normalisationOf(loadCheckpoint(path, data)))).message).toMatch(/does not say how its images are normalised/);
  });
});
