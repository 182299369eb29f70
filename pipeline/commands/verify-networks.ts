/** `npm run verify:networks`: the networks against reference vectors. */
import { engineChoices } from '../engines/engine.ts';
import { NETWORK_TOLERANCE, verifyNetworks } from '../reference/networks.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { say } from './run-options.ts';
import { startEngine } from './start-engine.ts';

export const summary = `Holds the networks against reference vectors: names, shapes, counts, and logits within ${NETWORK_TOLERANCE} of the largest.`;

export const flags: Flags = {
  reference: { type: 'string', help: 'folder of reference vectors (JSON files)' },
  engine: { type: 'string', help: `${engineChoices} (default auto)` },
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.reference) throw new UsageError('verify:networks expects --reference DIR');
  const engine = await startEngine((values.engine as string) ?? 'auto');
  const report = verifyNetworks(engine, values.reference as string);
  for (const { file, parameters, logitError, mismatch } of report.rows) {
    say(`${file.padEnd(32)} ${String(parameters).padStart(9)} parameters  logits ${logitError.toExponential(1)}${mismatch && `  MISMATCH ${mismatch}`}`);
  }
  if (report.notCovered.length > 0) say(`not covered, networks that are not ours yet: ${report.notCovered.join(', ')}`);
  say(`${report.pass ? 'pass' : 'FAIL'}: worst error ${report.worst.toExponential(1)} over ${report.rows.length} networks, allowed ${report.tolerance}`);
  return report;
}
