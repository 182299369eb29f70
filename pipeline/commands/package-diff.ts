/** `npm run package -- diff A B`: how two packages differ. */
import { comparePackages } from '../packaging/inspect/differences.ts';
import { differencesText } from '../packaging/inspect/differences-text.ts';
import { openPackageFolder } from '../packaging/package-folder.ts';
import type { Flags, FlagValues } from './flags.ts';

export const summary = 'Prints how two packages differ: labels, preprocessing, variants, metrics, provenance, and the weights tensor by tensor. The exit status says only whether they could be compared.';

export const flags: Flags = {};
export const positionals = ['A', 'B'];

export async function run(values: FlagValues): Promise<object> {
  const found = await comparePackages(openPackageFolder(values.A as string), openPackageFolder(values.B as string));
  if (!values.json) console.log(differencesText(found));
  return found;
}
