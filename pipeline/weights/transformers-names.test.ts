import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../networks/index.ts';
import { assertStateFits, stateSpec, type NetworkState } from '../networks/state.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { fromTransformers } from './transformers-names.ts';
import { weightsFile } from './transformers-folder.ts';

const entry = (shape: number[], first = 0): { shape: number[]; data: Float32Array } => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
});

/** A ViT's state as transformers name it. */
function asVit(state: NetworkState, prefix: string): NetworkState {
  const named: NetworkState = new Map();
  for (const [name, { shape, data }] of state) {
    const projection = /^blocks\.(\d+)\.attn\.qkv\.(weight|bias)$/.exec(name);
    if (projection) {
      const rows = shape[0] / 3;
      ['query', 'key', 'value'].forEach((part, i) =>
        named.set(`${prefix}encoder.layer.${projection[1]}.attention.attention.${part}.${projection[2]}`, {
          shape: [rows, ...shape.slice(1)],
          data: data.slice((i * data.length) / 3, ((i + 1) * data.length) / 3),
        }),
      );
      continue;
    }
    const theirs = name
      .replace(/^cls_token$/, `${prefix}embeddings.cls_token`)
      .replace(/^pos_embed$/, `${prefix}embeddings.position_embeddings`)
      .replace(/^patch_embed\.proj\./, `${prefix}embeddings.patch_embeddings.projection.`)
      .replace(/^blocks\.(\d+)\.norm1\./, `${prefix}encoder.layer.$1.layernorm_before.`)
      .replace(/^blocks\.(\d+)\.norm2\./, `${prefix}encoder.layer.$1.layernorm_after.`)
      .replace(/^blocks\.(\d+)\.attn\.proj\./, `${prefix}encoder.layer.$1.attention.output.dense.`)
      .replace(/^blocks\.(\d+)\.mlp\.fc1\./, `${prefix}encoder.layer.$1.intermediate.dense.`)
      .replace(/^blocks\.(\d+)\.mlp\.fc2\./, `${prefix}encoder.layer.$1.output.dense.`)
      .replace(/^norm\./, `${prefix}layernorm.`)
      .replace(/^head\./, 'classifier.');
    named.set(theirs, { shape, data });
  }
  return named;
}

describe('fromTransformers', () => {
  it.each(['vit.', 'deit.'])('names a transformer (%s) as timm does, queries, keys and values in one', (prefix) => {
    const state = randomState(buildNetwork('vit_micro_patch4_32', { inputShape: { height: 8, width: 8, channels: 3 }, classes: 5 }));
    const theirs = asVit(state, prefix);
    expect(theirs.has(`${prefix}encoder.layer.5.attention.attention.key.bias`)).toBe(true);
    const named = fromTransformers(theirs, 'file')!;
    expect(new Set(named.keys())).toEqual(new Set(state.keys()));
    for (const [name, { shape, data }] of state) expect(named.get(name)).toEqual({ shape, data });
  });

  it('names a distilled DeiT as timm does, with both heads', () => {
    const options = { inputShape: { height: 32, width: 32, channels: 3 }, classes: 5 };
    const network = buildNetwork('timm.deit_tiny_distilled_patch16_224', options);
    const shapes: NetworkState = new Map(stateSpec(network).map(({ name, shape }) => [name, { shape, data: new Float32Array(0) }]));
    const theirs: NetworkState = new Map(
      [...asVit(shapes, 'deit.')].map(([name, value]) => [
        name
          .replace(/^dist_token$/, 'deit.embeddings.distillation_token')
          .replace(/^classifier\./, 'cls_classifier.')
          .replace(/^head_dist\./, 'distillation_classifier.'),
        value,
      ]),
    );
    expect([...theirs.keys()]).toContain('distillation_classifier.bias');
    const named = fromTransformers(theirs, 'file')!;
    assertStateFits(network, named, 'file');
    expect(named.size).toBe(shapes.size);
  });

  it('names a ResNet as torchvision does', () => {
    const network = buildNetwork('torchvision.resnet50', { inputShape: { height: 33, width: 33, channels: 3 }, classes: 3 });
    const state = randomState(network);
    const theirs: NetworkState = new Map(
      [...state].map(([name, value]) => [
        name
          .replace(/^conv1\./, 'resnet.embedder.embedder.convolution.')
          .replace(/^bn1\./, 'resnet.embedder.embedder.normalization.')
          .replace(/^layer(\d)\.(\d+)\.downsample\.0\./, (_, s, b) => `resnet.encoder.stages.${s - 1}.layers.${b}.shortcut.convolution.`)
          .replace(/^layer(\d)\.(\d+)\.downsample\.1\./, (_, s, b) => `resnet.encoder.stages.${s - 1}.layers.${b}.shortcut.normalization.`)
          .replace(
            /^layer(\d)\.(\d+)\.conv(\d)\./,
            (_, s, b, k) => `resnet.encoder.stages.${s - 1}.layers.${b}.layer.${k - 1}.convolution.`,
          )
          .replace(
            /^layer(\d)\.(\d+)\.bn(\d)\./,
            (_, s, b, k) => `resnet.encoder.stages.${s - 1}.layers.${b}.layer.${k - 1}.normalization.`,
          )
          .replace(/^fc\./, 'classifier.1.'),
        value,
      ]),
    );
    const named = fromTransformers(theirs, 'file')!;
    assertStateFits(network, named, 'file');
    expect(named).toEqual(state);
  });

  it('names a ConvNeXt as torchvision does', () => {
    const network = buildNetwork('torchvision.convnext_tiny', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 3 });
    const parts: Record<string, string> = { 0: 'dwconv', 2: 'layernorm', 3: 'pwconv1', 5: 'pwconv2' };
    const theirs: NetworkState = new Map(
      stateSpec(network).map(({ name, shape }) => [
        name
          .replace(/^features\.0\.0\./, 'convnext.embeddings.patch_embeddings.')
          .replace(/^features\.0\.1\./, 'convnext.embeddings.layernorm.')
          .replace(/^features\.([246])\.(\d)\./, (_, f, at) => `convnext.encoder.stages.${f / 2}.downsampling_layer.${at}.`)
          .replace(
            /^features\.(\d)\.(\d+)\.layer_scale$/,
            (_, f, b) => `convnext.encoder.stages.${(f - 1) / 2}.layers.${b}.layer_scale_parameter`,
          )
          .replace(
            /^features\.(\d)\.(\d+)\.block\.(\d)\./,
            (_, f, b, at) => `convnext.encoder.stages.${(f - 1) / 2}.layers.${b}.${parts[at]}.`,
          )
          .replace(/^classifier\.0\./, 'convnext.layernorm.')
          .replace(/^classifier\.2\./, 'classifier.'),
        { shape: name.endsWith('layer_scale') ? shape.slice(0, 1) : shape, data: new Float32Array(0) },
      ]),
    );
    expect([...theirs.keys()]).toContain('convnext.encoder.stages.2.layers.8.pwconv2.bias');
    assertStateFits(network, fromTransformers(theirs, 'file')!, 'file');
  });

  it('leaves others alone, and refuses what no registered network has', async () => {
    expect(fromTransformers(new Map([['conv1.weight', entry([1, 1, 1, 1])]]), 'file')).toBeUndefined();
    const distilled = new Map([
      ['deit.embeddings.cls_token', entry([1, 1, 4])],
      ['deit.embeddings.distillation_token', entry([1, 1, 4])],
    ]);
    expect((await errorOf(() => fromTransformers(distilled, 'file'))).message).toBe(
      'file is a DeiT with a distillation token and one head, which no registered network is; registered are those with two heads (DeiTForImageClassificationWithTeacher): export the model as ONNX',
    );
    const efficientnet = new Map([['efficientnet.embeddings.convolution.weight', entry([1, 1, 1, 1])]]);
    expect((await errorOf(() => fromTransformers(efficientnet, 'file'))).message).toMatch(
      /^file is an EfficientNet with squeeze-and-excitation, which no registered network is; registered are EfficientNet-Lite .*: export the model as ONNX, /,
    );
    const broken = new Map([
      ['vit.embeddings.cls_token', entry([1, 1, 4])],
      ['vit.encoder.layer.0.attention.attention.query.weight', entry([4, 4])],
    ]);
    expect((await errorOf(() => fromTransformers(broken, 'file'))).message).toBe('file has no key of layer 0');
  });
});

describe('weightsFile', () => {
  it('finds the weights in a folder of transformers, and leaves every other path', () => {
    const folder = temporaryFolder();
    expect(weightsFile(folder)).toBe(folder);
    writeFileSync(join(folder, 'config.json'), '{}');
    expect(weightsFile(folder)).toBe(folder);
    writeFileSync(join(folder, 'pytorch_model.bin'), '');
    expect(weightsFile(folder)).toBe(join(folder, 'pytorch_model.bin'));
    writeFileSync(join(folder, 'model.safetensors'), '');
    expect(weightsFile(folder)).toBe(join(folder, 'model.safetensors'));
    expect(weightsFile(join(folder, 'config.json'))).toBe(join(folder, 'config.json'));
    expect(weightsFile('nowhere')).toBe('nowhere');
  });
});
