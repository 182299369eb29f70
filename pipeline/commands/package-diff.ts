/** `npm run package -- diff A B`: how two packages differ. */
import { comparePackages } from '../packaging/inspect/package-diff.ts';
import { differencesText } from '../packaging/inspect/package-diff-text.ts';
import { openPackageFolder } from '../packaging/package-folder.ts';
import type { Line } from '../configuration/command-line.ts';

export const summary =
  'Prints how two packages differ: labels, preprocessing, variants, metrics, provenance, and the weights tensor by tensor. The exit status says only whether they could be compared.';

export const settings = {};
export const positionals = ['A', 'B'];

export async function run({ positionals: given, json }: Line<typeof settings>): Promise<object> {
  const found = await comparePackages(openPackageFolder(given.A), openPackageFolder(given.B));
  if (!json) console.log(differencesText(found));
  return found;
}
