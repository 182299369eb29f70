/** `npm run doctor`: what this machine has, what it lacks, and the command for each. */
import { renderDoctor } from '../engines/doctor-text.ts';
import { runDoctor } from '../engines/doctor.ts';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { toggle } from '../support/value.ts';

export const summary = 'Tells what is there, what is missing, and the exact command for each.';

export const settings = {
  verify: {
    ...toggle(false),
    help: 'also read every byte of the engine in the cache and check its SHA-256',
    group: 'run',
    decides: 'nothing',
  },
} as const satisfies SettingTable;

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const report = await runDoctor({ verify: values.verify });
  say(renderDoctor(report));
  return { ...report, pass: report.ok };
}
