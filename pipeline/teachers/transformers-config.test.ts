import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { transformersStatement } from './transformers-config.ts';

function folder(preprocessor: object, config?: object): string {
  const path = temporaryFolder();
  writeFileSync(join(path, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  if (config) writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}
const statementOf = (...files: Parameters<typeof folder>) => transformersStatement(join(folder(...files), 'model.safetensors'))!.statement;

const HALVES = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };

describe('transformersStatement', () => {
  it.each<[string, object, object]>([
    // ViT: brought to both sides, whatever the aspect ratio.
    ['both sides', { size: { height: 224, width: 224 } }, { height: 224, width: 224, fit: 'stretch' }],
    // ResNet, older: a number.
    ['a number', { size: 224 }, { height: 224, width: 224, fit: 'cover' }],
    ['the shorter side', { size: { shortest_edge: 224 } }, { height: 224, width: 224, fit: 'cover' }],
    // MobileNetV2: the shorter side, then a crop.
    ['a crop', { size: { shortest_edge: 256 }, crop_size: { height: 224, width: 224 } }, { height: 224, width: 224, fit: 'cover' }],
    [
      'a crop that is not made',
      { size: { shortest_edge: 192 }, crop_size: { height: 224, width: 224 }, do_center_crop: false },
      { height: 192, width: 192, fit: 'cover' },
    ],
  ])('reads the size: %s', (_what, preprocessor, expected) => {
    expect(statementOf({ ...preprocessor, ...HALVES }).preprocessing).toMatchObject({
      ...expected,
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    });
  });

  it('reads what is left out: normalisation, and the factor of levels', () => {
    expect(statementOf({ size: 32, do_normalize: false, ...HALVES, do_rescale: false }).preprocessing).toMatchObject({
      mean: [0, 0, 0],
      std: [1, 1, 1],
      scale: 1,
    });
  });

  it('reads classes by their numbers, where they have names', () => {
    expect(statementOf({ size: 32 }, { id2label: { 1: 'cat', 0: 'dog', 2: 'bird' } }).labels).toEqual(['dog', 'cat', 'bird']);
    expect(statementOf({ size: 32 }, { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } }).labels).toBeUndefined();
    expect(statementOf({ size: 32 }, { id2label: { 1: 'cat', 2: 'dog' } }).labels).toBeUndefined();
    expect(statementOf({ size: 32 }).labels).toBeUndefined();
  });

  it('is nothing where there are no such files, and refuses what is no JSON', async () => {
    const path = temporaryFolder();
    mkdirSync(join(path, 'below'));
    expect(transformersStatement(join(path, 'below', 'model.onnx'))).toBeUndefined();
    writeFileSync(join(path, 'preprocessor_config.json'), '{');
    expect((await errorOf(() => transformersStatement(join(path, 'below', 'model.onnx')))).message).toMatch(
      /preprocessor_config\.json is not JSON: /,
    );
  });
});
