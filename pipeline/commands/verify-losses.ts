/** `npm run verify:losses`: the methods against reference vectors. */
import { engineSettings } from '../engines/settings.ts';
import { LOSS_TOLERANCE, verifyLosses } from '../reference/losses.ts';
import { referenceSetting } from '../reference/reference-folder.ts';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { startEngine } from '../engines/start-engine.ts';

export const summary = `Compares the distillation methods with reference vectors: losses and gradients within ${LOSS_TOLERANCE} relative.`;

export const settings = { reference: referenceSetting, ...engineSettings } as const satisfies SettingTable;

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const engine = await startEngine(values.engine);
  const report = verifyLosses(engine, values.reference);
  for (const { file, method, params, lossError, gradientError } of report.rows) {
    say(
      `${file}  ${method.padEnd(4)} ${params.epoch ? `epoch ${params.epoch}` : ''}`.padEnd(44) +
        `loss ${lossError.toExponential(1)}  gradient ${gradientError.toExponential(1)}`,
    );
  }
  for (const { file, method, params, reason } of report.refused)
    say(`${file}  ${method} ${JSON.stringify(params)}: not compared, ${reason}`);
  const others = Object.entries(report.notCovered)
    .map(([method, count]) => `${count} of ${method}`)
    .join(', ');
  if (others) say(`not covered, methods that are not ours yet: ${others}`);
  say(
    `${report.pass ? 'pass' : 'FAIL'}: worst error ${report.worst.toExponential(1)} over ${report.rows.length} cases, allowed ${report.tolerance}${report.refused.length > 0 ? `; ${report.refused.length} could not be compared` : ''}`,
  );
  return report;
}
