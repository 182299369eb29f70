/** `npm run package -- inspect DIR`: what is in a package. */
import { openPackageFolder } from '../packaging/package-folder.ts';
import { summarisePackage, summaryText } from '../packaging/inspect/summary.ts';
import type { Line } from '../configuration/command-line.ts';

export const summary =
  'Prints what a package holds: name and version, labels, preprocessing, variants, goldens, calibration, provenance. Its files are checked by package verify.';

export const settings = {};
export const positionals = ['DIR'];

export async function run({ positionals: given, json }: Line<typeof settings>): Promise<object> {
  const found = await summarisePackage(openPackageFolder(given.DIR));
  if (!json) console.log(summaryText(found));
  return found;
}
