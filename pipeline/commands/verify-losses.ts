/** `npm run verify:losses`: the methods against reference vectors. */
import { engineChoices } from '../engines/engine.ts';
import { LOSS_TOLERANCE, verifyLosses } from '../reference/losses.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { say } from './run-options.ts';
import { startEngine } from './start-engine.ts';

export const summary = `Holds the distillation methods against reference vectors: losses and gradients within ${LOSS_TOLERANCE} relative.`;

export const flags: Flags = {
  reference: { type: 'string', help: 'folder of reference vectors (JSON files)' },
  engine: { type: 'string', help: `${engineChoices} (default auto)` },
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.reference) throw new UsageError('verify:losses expects --reference DIR');
  const engine = await startEngine((values.engine as string) ?? 'auto');
  const report = verifyLosses(engine, values.reference as string);
  for (const { file, method, params, lossError, gradientError } of report.rows) {
    say(`${file}  ${method.padEnd(4)} ${params.epoch ? `epoch ${params.epoch}` : ''}`.padEnd(44) + `loss ${lossError.toExponential(1)}  gradient ${gradientError.toExponential(1)}`);
  }
  for (const { file, method, params, reason } of report.refused) say(`${file}  ${method} ${JSON.stringify(params)}: not compared, ${reason}`);
  const others = Object.entries(report.notCovered).map(([method, count]) => `${count} of ${method}`).join(', ');
  if (others) say(`not covered, methods that are not ours yet: ${others}`);
  say(`${report.pass ? 'pass' : 'FAIL'}: worst error ${report.worst.toExponential(1)} over ${report.rows.length} cases, allowed ${report.tolerance}${report.refused.length > 0 ? `; ${report.refused.length} could not be compared` : ''}`);
  return report;
}
