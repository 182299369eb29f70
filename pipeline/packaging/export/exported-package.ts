/** A package as its exports need it: its networks in the forms that other runtimes take. */
import { calibrationOf, loadManifest, loadPackage, readVerified, type Manifest, type ReadFile } from '@sld-edge/runtime';
import type { IntegerProgram } from '@sld-edge/runtime/integer';

export interface ExportedPackage {
  manifest: Manifest;
  /** Float32 network as ONNX; absent in packages made with `--no-onnx`. */
  float32?: { onnx: Uint8Array; temperature: number };
  /** Integer variant, where the package has it. */
  integer?: { program: IntegerProgram; temperature: number };
}

/** Every byte is verified. @throws AppError as `loadPackage` does */
export async function readExportedPackage(read: ReadFile): Promise<ExportedPackage> {
  const manifest = await loadManifest(read);
  const { variants, calibration, onnx } = manifest;
  const loaded = variants.integer && (await loadPackage(read, { variant: 'integer' }));
  return {
    manifest,
    ...(onnx && {
      // The package's own calibration is the default variant's; float32 has its own where it is packaged.
      float32: { onnx: await readVerified(read, onnx.model), temperature: (variants.float32?.calibration ?? calibration).temperature },
    }),
    ...(loaded?.network.kind === 'program' && {
      integer: { program: loaded.network.program, temperature: calibrationOf(manifest, 'integer').temperature },
    }),
  };
}
