/** From weights that somebody has, and pictures without labels, to a package; on a tiny network. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '@sld-edge/runtime';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildNetwork } from '../../networks/index.ts';
import { readModelIndex } from '../../packaging/model-index.ts';
import { randomState } from '../../testing/random-state.ts';
import { runLineIn } from '../../testing/run-line-in.ts';
import { saveTeacher } from '../../teachers/teacher.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';

const SIDE = 20;
const root = mkdtempSync(join(tmpdir(), 'sld-edge-weights-'));
const labels = ['kind of blue', 'green', 'red', 'grey'];
const line = (...words: string[]) => runLineIn(root, words);

async function writePicture(path: string, seed: number): Promise<void> {
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => (at * seed * 37 + ((at * at) % 7) * 30 + 90 * (at % 3)) % 256);
  const picture = sharp(data, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  writeFileSync(path, await picture.png().toBuffer());
}

beforeAll(async () => {
  vi.stubEnv('SLD_EDGE_CACHE', join(root, 'cache'));
  for (const folder of ['flat', 'nested/whatever', 'others', 'carried']) mkdirSync(join(root, folder), { recursive: true });
  for (let i = 1; i <= 12; i++) await writePicture(join(root, 'flat', `${i}.png`), i);
  for (let i = 1; i <= 5; i++) await writePicture(join(root, 'others', `${i}.png`), 100 + i);
  await writePicture(join(root, 'carried', '1-a-bowl_of figs.png'), 201);
  await writePicture(join(root, 'carried', '2-two dogs.png'), 202);
  writeFileSync(join(root, 'carried', 'LICENSE'), 'CC0: nobody\n');
  const network = buildNetwork('resnet8', { inputShape: { height: 16, width: 16, channels: 3 }, classes: labels.length });
  const preprocessing = { height: 16, width: 16, channels: 3 as const, fit: 'cover' as const, cropRatio: 0.8, filter: 'triangle' as const };
  const made = { labels, preprocessing: { ...preprocessing, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } };
  saveTeacher(join(root, 'weights.safetensors'), network, randomState(network), made, {});
  writeSafetensors(join(root, 'nameless.safetensors'), randomState(network));
  writeFileSync(join(root, 'nameless.json'), JSON.stringify({ preprocessing: { ...made.preprocessing } }));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

describe('package --from', () => {
  const pictures = ['--note', 'Noise, of nobody.', '--data', 'folder:flat', '--agreement', 'others', '--samples', 'carried'];
  let folder = '';
  let manifest: Manifest;

  it('packages a network as it is, measured beside its own float32', async () => {
    const { status, stdout, stderr } = await line(
      'package',
      '--from',
      'weights.safetensors',
      ...pictures,
      '--min-agreement',
      '0',
      '--json',
    );
    expect(status, stderr).toBe(0);
    const made = JSON.parse(stdout) as { package: string; pass: boolean };
    folder = join(root, made.package);
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    expect(made.pass).toBe(true);
    expect(manifest).toMatchObject({ name: 'weights', labels, defaultVariant: 'integer', calibration: { temperature: 1 } });
    expect(manifest.preprocessing).toMatchObject({ height: 16, cropRatio: 0.8, mean: [0.5, 0.5, 0.5] });
    expect(Object.keys(manifest.variants)).toEqual(['uint8', 'integer']);
    for (const { accuracy, agreement, agreementWithFloat32 } of Object.values(manifest.variants)) {
      expect(accuracy).toBeUndefined();
      expect(agreement).toMatchObject({ count: 5, top1: agreementWithFloat32 });
    }
    expect(manifest.goldens.logits).toHaveProperty('float32');
    expect(manifest.onnx!.int8).toBeUndefined();
    expect(stderr).toMatch(/11 to calibrate on, 1 that decide, 5 that report \(others\)/);
    expect(readModelIndex(join(root, 'models')).default).toBe('weights');
  });

  it('carries the pictures that may be carried, their licence, and no accuracy that nobody measured', () => {
    expect(manifest.samples.map(({ label, file }) => [label, file.path])).toEqual([
      ['a bowl of figs', 'samples/00-a-bowl-of-figs.jpg'],
      ['two dogs', 'samples/01-two-dogs.jpg'],
    ]);
    expect(manifest.documents.map(({ path }) => path)).toEqual(['report.html', 'card.md', 'samples/LICENSE']);
    const card = readFileSync(join(folder, 'card.md'), 'utf8');
    expect(card).toContain('No accuracy is known here');
    expect(card).toContain('Shares of 5 pictures of the folder others that calibrated nothing: ');
    expect(card).toContain('Noise, of nobody.');
    expect(card).not.toContain(root);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('integer says the same as float32 of ');
  });

  it('is verified by itself, on the pictures of its card to the digit, and on others', async () => {
    expect((await line('verify')).stderr).toMatch(/weights@\w+: made without labels; files and goldens: pass/);
    const again = await line('verify', '--data', 'others', '--from', 'weights.safetensors');
    expect(again.stderr).toMatch(/integer: float32's answer on \d+\.\d\d % of 5 pictures, .* goldens equal on interpreter: pass/);
    expect(again.status).toBe(0);
    expect((await line('verify', '--data', 'flat')).stderr).toMatch(/of 12 pictures/);
    expect((await line('package', 'inspect', folder)).stdout).toMatch(/integer +.*float32's answer on .* of 5 pictures without labels/);
  });

  it.each([
    [
      ['--data', 'flat', '--variants', 'integer', '--student', 'x'],
      /^error: package expects --student FILE, a run's, or --from NAME or PATH/,
    ],
    [[], /^error: package --from expects --data FOLDER, pictures to calibrate on/],
    [['--data', 'flat', '--max-drop', '1'], /^error: --max-drop has no effect: it is for a run's student$/],
    [['--data', 'carried'], /expected at least 10 different pictures to calibrate on, came 2$/],
    [['--data', 'nowhere'], /expected a folder with the data set's files, there is none at nowhere$/],
  ])('refuses %j in one line', async (words, expected) => {
    const { status, stderr } = await line('package', '--from', 'weights.safetensors', ...words);
    expect(status).not.toBe(0);
    expect(stderr.trim().split('\n').at(-1)).toMatch(expected);
  });

  it('refuses weights whose classes have no names', async () => {
    const { stderr } = await line('package', '--from', 'nameless.safetensors', '--data', 'flat');
    expect(stderr).toMatch(/error: nothing names the 4 classes of nameless\.safetensors: state "labels" in a JSON file beside it/);
  });
});
