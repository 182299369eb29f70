/** `npm run verify:networks`: the networks against reference vectors. */
import { engineSettings } from '../engines/settings.ts';
import { NETWORK_TOLERANCE, verifyNetworks } from '../reference/networks.ts';
import { referenceSetting } from '../reference/reference-folder.ts';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { startEngine } from '../engines/start-engine.ts';

export const summary = `Compares the networks with reference vectors: names, shapes, counts, and logits within ${NETWORK_TOLERANCE} of the largest.`;

export const settings = { reference: referenceSetting, ...engineSettings } as const satisfies SettingTable;

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const engine = await startEngine(values.engine);
  const report = verifyNetworks(engine, values.reference);
  for (const { file, parameters, logitError, mismatch } of report.rows) {
    say(
      `${file.padEnd(32)} ${String(parameters).padStart(9)} parameters  logits ${logitError.toExponential(1)}${mismatch && `  MISMATCH ${mismatch}`}`,
    );
  }
  if (report.notCovered.length > 0) say(`not covered, networks that are not ours yet: ${report.notCovered.join(', ')}`);
  say(
    `${report.pass ? 'pass' : 'FAIL'}: worst error ${report.worst.toExponential(1)} over ${report.rows.length} networks, allowed ${report.tolerance}`,
  );
  return report;
}
