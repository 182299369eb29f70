/** `npm run package -- inspect DIR`: what is in a package. */
import { openPackageFolder } from '../packaging/package-folder.ts';
import { summarisePackage, summaryText } from '../packaging/inspect/summary.ts';
import type { Flags, FlagValues } from './flags.ts';

export const summary = 'Prints what a package holds: name and version, labels, preprocessing, variants, goldens, calibration, provenance. Its files are checked by package verify.';

export const flags: Flags = {};
export const positionals = ['DIR'];

export async function run(values: FlagValues): Promise<object> {
  const found = await summarisePackage(openPackageFolder(values.DIR as string));
  if (!values.json) console.log(summaryText(found));
  return found;
}
