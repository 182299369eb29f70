/**
 * Weights of Hugging Face transformers under the names of the registered networks: ViT and DeiT under timm's, ResNet and
 * ConvNeXt under torchvision's, distilled DeiT under timm's. MobileNetV2 needs none: `transformers.mobilenet_v2_*` are registered under its own names.
 */
import type { NetworkState, StateEntry } from '../networks/state.ts';

/**
 * @param from the file, for refusals
 * @returns undefined if they are no such weights
 * @throws Error for a part that is not there, or that no registered network has
 */
export function fromTransformers(tensors: NetworkState, from: string): NetworkState | undefined {
  const prefix = ['vit.', 'deit.'].find((candidate) => tensors.has(`${candidate}embeddings.cls_token`));
  if (prefix) return transformerNames(renamed(tensors, OF_VERSION_5), prefix, from);
  if (tensors.has('convnext.embeddings.patch_embeddings.weight')) return withScalesOfMaps(renamed(tensors, CONVNEXT));
  if (tensors.has('efficientnet.embeddings.convolution.weight'))
    throw new Error(
      `${from} is an EfficientNet with squeeze-and-excitation, which no registered network is; registered are EfficientNet-Lite (efficientnet_lite0 to 4), which have none: export the model as ONNX, as by optimum-cli export onnx --model FOLDER OUT`,
    );
  return tensors.has('resnet.embedder.embedder.convolution.weight') ? renamed(tensors, RESNET) : undefined;
}

type Rules = readonly [pattern: RegExp, replacement: string | ((...found: string[]) => string)][];

const RESNET: Rules = [
  [/^resnet\.embedder\.embedder\.convolution\./, 'conv1.'],
  [/^resnet\.embedder\.embedder\.normalization\./, 'bn1.'],
  [
    /^resnet\.encoder\.stages\.(\d+)\.layers\.(\d+)\.shortcut\.(convolution|normalization)\./,
    (_all, stage, block, part) => `layer${Number(stage) + 1}.${block}.downsample.${part === 'convolution' ? 0 : 1}.`,
  ],
  [
    /^resnet\.encoder\.stages\.(\d+)\.layers\.(\d+)\.layer\.(\d+)\.(convolution|normalization)\./,
    (_all, stage, block, at, part) => `layer${Number(stage) + 1}.${block}.${part === 'convolution' ? 'conv' : 'bn'}${Number(at) + 1}.`,
  ],
  [/^classifier\.1\./, 'fc.'],
];

/** Places in torchvision's blocks. */
const CONVNEXT_PARTS: Readonly<Record<string, number>> = { dwconv: 0, layernorm: 2, pwconv1: 3, pwconv2: 5 };

const CONVNEXT: Rules = [
  [/^convnext\.embeddings\.patch_embeddings\./, 'features.0.0.'],
  [/^convnext\.embeddings\.layernorm\./, 'features.0.1.'],
  [/^convnext\.encoder\.stages\.(\d+)\.downsampling_layer\.(\d)\./, (_all, stage, at) => `features.${2 * Number(stage)}.${at}.`],
  [
    /^convnext\.encoder\.stages\.(\d+)\.layers\.(\d+)\.layer_scale_parameter$/,
    (_all, stage, block) => `features.${2 * Number(stage) + 1}.${block}.layer_scale`,
  ],
  [
    /^convnext\.encoder\.stages\.(\d+)\.layers\.(\d+)\.(dwconv|layernorm|pwconv1|pwconv2)\./,
    (_all, stage, block, part) => `features.${2 * Number(stage) + 1}.${block}.block.${CONVNEXT_PARTS[part]}.`,
  ],
  [/^classifier\./, 'classifier.2.'],
  [/^convnext\.layernorm\./, 'classifier.0.'],
];

const projections: Readonly<Record<string, string>> = { q: 'query', k: 'key', v: 'value' };

/** Names that version 5 gives the parts of ViT and DeiT, to those that their files have had before. */
const OF_VERSION_5: Rules = [
  [
    /\.layers\.(\d+)\.attention\.([qkv])_proj\./,
    (_all, layer, which) => `.encoder.layer.${layer}.attention.attention.${projections[which]}.`,
  ],
  [/\.layers\.(\d+)\.attention\.o_proj\./, '.encoder.layer.$1.attention.output.dense.'],
  [/\.layers\.(\d+)\.mlp\.fc1\./, '.encoder.layer.$1.intermediate.dense.'],
  [/\.layers\.(\d+)\.mlp\.fc2\./, '.encoder.layer.$1.output.dense.'],
  [/\.layers\.(\d+)\./, '.encoder.layer.$1.'],
];

const transformer = (prefix: string): Rules => {
  const layer = (part: string): RegExp => new RegExp(`^${prefix}encoder\\.layer\\.(\\d+)\\.${part}\\.`);
  return [
    [new RegExp(`^${prefix}embeddings\\.cls_token$`), 'cls_token'],
    [new RegExp(`^${prefix}embeddings\\.distillation_token$`), 'dist_token'],
    [new RegExp(`^${prefix}embeddings\\.position_embeddings$`), 'pos_embed'],
    [new RegExp(`^${prefix}embeddings\\.patch_embeddings\\.projection\\.`), 'patch_embed.proj.'],
    [layer('layernorm_before'), 'blocks.$1.norm1.'],
    [layer('layernorm_after'), 'blocks.$1.norm2.'],
    [layer('attention\\.output\\.dense'), 'blocks.$1.attn.proj.'],
    [layer('intermediate\\.dense'), 'blocks.$1.mlp.fc1.'],
    [layer('output\\.dense'), 'blocks.$1.mlp.fc2.'],
    [new RegExp(`^${prefix}layernorm\\.`), 'norm.'],
    [/^(?:cls_)?classifier\./, 'head.'],
    [/^distillation_classifier\./, 'head_dist.'],
  ];
};

function renamed(tensors: NetworkState, rules: Rules): NetworkState {
  return new Map([...tensors].map(([name, entry]) => [applied(name, rules), entry]));
}

function applied(name: string, rules: Rules): string {
  for (const [pattern, replacement] of rules)
    if (pattern.test(name)) return name.replace(pattern, replacement as (...found: string[]) => string);
  return name;
}

/** Factors of channels, `[channels]` there, in torchvision's shape. */
const withScalesOfMaps = (tensors: NetworkState): NetworkState =>
  new Map([...tensors].map(([name, { shape, data }]) => [name, { shape: name.endsWith('.layer_scale') ? [...shape, 1, 1] : shape, data }]));

/** Queries, keys and values, which are layers of their own there, become one. */
function transformerNames(tensors: NetworkState, prefix: string, from: string): NetworkState {
  if (tensors.has(`${prefix}embeddings.distillation_token`) && !tensors.has('distillation_classifier.weight'))
    throw new Error(
      `${from} is a DeiT with a distillation token and one head, which no registered network is; registered are those with two heads (DeiTForImageClassificationWithTeacher): export the model as ONNX`,
    );
  const rules = transformer(prefix);
  const projection = new RegExp(`^${prefix}encoder\\.layer\\.(\\d+)\\.attention\\.attention\\.(query|key|value)\\.(weight|bias)$`);
  const named: NetworkState = new Map();
  for (const [name, entry] of tensors) {
    const found = projection.exec(name);
    if (!found) named.set(applied(name, rules), entry);
    else if (found[2] === 'query') {
      const [, layer, , part] = found;
      const parts = ['query', 'key', 'value'].map((which) => {
        const other = tensors.get(`${prefix}encoder.layer.${layer}.attention.attention.${which}.${part}`);
        if (!other) throw new Error(`${from} has no ${which} of layer ${layer}`);
        return other;
      });
      named.set(`blocks.${layer}.attn.qkv.${part}`, stacked(parts));
    }
  }
  return named;
}

/** Entries one below the other. */
function stacked(entries: StateEntry[]): StateEntry {
  const data = new Float32Array(entries.reduce((sum, entry) => sum + entry.data.length, 0));
  let at = 0;
  for (const entry of entries) {
    data.set(entry.data, at);
    at += entry.data.length;
  }
  const [{ shape }] = entries;
  return { shape: [entries.reduce((sum, entry) => sum + entry.shape[0], 0), ...shape.slice(1)], data };
}
