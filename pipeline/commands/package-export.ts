/** `npm run package -- export PACKAGE --to NAME --out FOLDER`: a package in the layout that other people's engines load unchanged. */
import { EXPORT_NAMES, exportTargets } from '../packaging/export/index.ts';
import { writeExport } from '../packaging/export/write-export.ts';
import type { Line } from '../configuration/command-line.ts';
import { dataSpec } from '../data/settings.ts';
import { percent } from '../support/progress.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { oneName, optional, path } from '../support/value.ts';

export const summary =
  'Writes a package as a folder that other engines load unchanged, with a card. --data measures what was written on that test set.';

export const settings = {
  to: {
    ...oneName('huggingface', EXPORT_NAMES),
    help: `layout: ${EXPORT_NAMES.map((name) => `${name}, for ${exportTargets[name].about}`).join('; ')}`,
    group: 'package',
    decides: 'nothing',
    required: EXPORT_NAMES.join('|'),
  },
  out: { ...path(''), help: 'folder to write, new or empty', group: 'run', decides: 'nothing', required: 'FOLDER' },
  data: {
    ...optional(dataSpec('fashion-mnist')),
    help: 'data set on whose test images the export is measured, for its card',
    defaultText: 'none: the card says that it was not measured',
    group: 'data',
    decides: 'nothing',
  },
} as const satisfies SettingTable;
export const positionals = ['PACKAGE'];

export async function run({ values, positionals: given }: Line<typeof settings>): Promise<object> {
  const { to, out, data } = values;
  const written = await writeExport({ to, from: given.PACKAGE, out, ...(data !== undefined && { data }), say });
  const bytes = Object.values(written.files).reduce((sum, size) => sum + size, 0);
  say(`${out}: ${Object.keys(written.files).join(', ')}; ${bytes.toLocaleString('en')} bytes, for ${exportTargets[to].about}`);
  for (const { path, accuracy, agreement } of written.measured)
    say(
      `${path}: top-1 ${percent(accuracy.top1)}, top-5 ${percent(accuracy.top5)} of ${accuracy.count} test images; the package's answer on ${percent(agreement)}`,
    );
  return written;
}
