import type { DoctorReport } from './doctor.ts';

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
