import { BINARY_GOLDENS_SINCE, type FileEntry, type Manifest } from './manifest.ts';
import type { VariantName } from './variants.ts';

/** Files of a package without which these variants do not answer; all but the manifest. */
export function neededFiles({ variants, goldens }: Manifest, names: readonly VariantName[]): FileEntry[] {
  return [
    ...names.flatMap((name) => variants[name] ?? []).flatMap(({ model, shards }) => [model, ...shards]),
    goldens.index,
    goldens.pixels,
    ...names.flatMap((name) => goldens.logits?.[name] ?? []),
  ];
}

/** Every file that a manifest names: all of a package but `manifest.json` itself. Those of variants that only a later program knows are among them. */
export function packageFiles(manifest: Manifest): FileEntry[] {
  const graphs = Object.values(manifest.variants).flatMap(({ model, shards }) => [model, ...shards]);
  const onnx = manifest.onnx ? [manifest.onnx.model, ...(manifest.onnx.int8 ? [manifest.onnx.int8.model] : [])] : [];
  const layers = manifest.goldens.layers ? [manifest.goldens.layers] : [];
  const logits = manifest.formatVersion < BINARY_GOLDENS_SINCE ? [] : Object.values(manifest.goldens.logits!);
  return [
    ...graphs,
    ...onnx,
    manifest.goldens.index,
    manifest.goldens.pixels,
    ...logits,
    ...layers,
    ...manifest.samples.map(({ file }) => file),
    ...manifest.documents,
  ];
}
