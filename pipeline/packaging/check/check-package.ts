/** A package proves itself: whole, and its goldens reproduced by every backend that this machine has. Needs no data. */
import {
  graphTolerance,
  loadPackage,
  readVerified,
  variantNames,
  variantOf,
  VARIANTS,
  type Manifest,
  type ReadFile,
  type VariantName,
} from '@sld-edge/runtime';
import { parseGoldenLayers } from '@sld-edge/runtime/format';
import { openPackageFolder } from '../package-folder.ts';
import { goldenBackends, runGoldens, type GoldenBackend } from './golden-backends.ts';
import { checkIntegrity, type Check } from './integrity.ts';
import { checkInt8Goldens, checkOnnxGoldens } from './onnx-goldens.ts';

export interface PackageChecks {
  /** Name of the package; absent if the manifest can't be read. */
  name?: string;
  version?: string;
  checks: Check[];
  /** Nothing failed. What was skipped is among `checks`. */
  pass: boolean;
}

/**
 * Goldens are computed only where every file is what the manifest says: of another file no weight is used.
 * @param onCheck is told of each check as it is done
 * @throws Error in one line where the folder is no package
 */
export async function checkPackage(
  folder: string,
  onCheck: (check: Check) => void = () => undefined,
  backends: Partial<typeof goldenBackends> = goldenBackends,
): Promise<PackageChecks> {
  const { manifest, checks } = await checkIntegrity(folder);
  checks.forEach(onCheck);
  const add = (check: Check): void => {
    checks.push(check);
    onCheck(check);
  };
  if (!manifest || checks.some(({ status }) => status === 'fail'))
    add({ what: 'goldens', status: 'skip', detail: 'not computed with files that are not what the manifest says' });
  else await checkGoldens(openPackageFolder(folder), manifest, backends, add);
  return {
    ...(manifest && { name: manifest.name, version: manifest.version }),
    checks,
    pass: checks.every(({ status }) => status !== 'fail'),
  };
}

async function checkGoldens(
  read: ReadFile,
  manifest: Manifest,
  backends: Partial<typeof goldenBackends>,
  add: (check: Check) => void,
): Promise<void> {
  for (const [name, { formats, prepare }] of Object.entries(backends)) {
    const variants = variantNames(manifest).filter((variant) => formats.includes(VARIANTS[variant].format));
    if (variants.length === 0) continue;
    const what = `goldens on ${name}`;
    const backend = await prepare().catch((error: Error) => error.message.split('\n')[0]);
    if (typeof backend === 'string') add({ what, status: 'skip', detail: `this machine lacks it: ${backend}` });
    else for (const variant of variants) add(await goldenCheck(read, what, variant, backend, variantOf(manifest, variant).model.path));
  }
  if (!manifest.onnx) add({ what: 'goldens on onnx', status: 'skip', detail: 'the package has no ONNX file' });
  else add(await checkOnnxGoldens(read, manifest, manifest.onnx.model));
  if (manifest.onnx?.int8) add(await checkInt8Goldens(read, manifest, manifest.onnx.int8.model));
}

async function goldenCheck(read: ReadFile, what: string, variant: VariantName, backend: GoldenBackend, file: string): Promise<Check> {
  const pkg = await loadPackage(read, { variant });
  const layers =
    pkg.manifest.goldens.layers && parseGoldenLayers(await readVerified(read, pkg.manifest.goldens.layers), pkg.goldens, pkg.manifest);
  const { description, error, fault } = await runGoldens({ backend, pkg, ...(layers && { layers }) });
  if (fault !== undefined) return { what, file, status: 'fail', detail: fault };
  const found =
    pkg.network.kind === 'program'
      ? 'every integer equal'
      : `logits within ${error!.toExponential(1)} (allowed ${graphTolerance(pkg.goldens, backend.name)})`;
  return { what, file, status: 'pass', detail: `${pkg.goldens.count} images three times, ${found}; ${description}` };
}
