/** `npm run doctor`: what this machine has, what it lacks, and the command for each. */
import { runDoctor, type DoctorReport } from '../engines/doctor.ts';
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

/**
 * The report as a table for a terminal: ✓ there, ✗ missing, – missing and not needed for everything; below each that is
 * missing what it is for and the command that provides it.
 */
export function renderDoctor(report: DoctorReport): string {
  const width = Math.max(...report.rows.map(({ name }) => name.length));
  const lines = report.rows.flatMap(({ name, ok, optional, found, needed, command }) => {
    const mark = ok ? '✓' : optional ? '–' : '✗';
    const line = `${mark} ${name.padEnd(width)}  ${found}`;
    return ok ? [line] : [line, `${' '.repeat(width + 4)}needed: ${needed}`, `${' '.repeat(width + 4)}run:    ${command}`];
  });
  const missing = report.rows.filter((row) => !row.ok && !row.optional).map(({ name }) => name);
  const verdict = report.ok ? 'Everything needed is there.' : `Missing: ${missing.join(', ')}.`;
  return `${[...lines, '', verdict].join('\n')}\n`;
}
