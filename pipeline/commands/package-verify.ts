/** `npm run package -- verify DIR`: a package proves itself, without its data. */
import { checkPackage } from '../packaging/check/check-package.ts';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';

export const summary =
  'Checks a package by itself: its manifest by the schema and the version, every file by its SHA-256, every golden on each backend that this machine has and on ONNX Runtime. Its accuracy is measured by npm run verify.';

export const settings = {};
export const positionals = ['DIR'];

export async function run({ positionals: given }: Line<typeof settings>): Promise<object> {
  const report = await checkPackage(given.DIR, ({ status, what, file, detail }) =>
    say(`${status === 'fail' ? 'FAIL' : status} ${[what, file].filter(Boolean).join(' ')}: ${detail}`),
  );
  const count = (wanted: string): number => report.checks.filter(({ status }) => status === wanted).length;
  const failed = [...new Set(report.checks.filter(({ status }) => status === 'fail').map(({ what, file }) => file ?? what))];
  say(
    `${report.pass ? 'pass' : 'FAIL'}: ${count('pass')} checks passed, ${count('skip')} skipped, ${count('fail')} failed${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
  );
  return report;
}
