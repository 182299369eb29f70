/** `npm run verify:augmentation`: the augmentation's operations against reference images. */
import { AUGMENTATION_TOLERANCE, verifyAugmentation } from '../reference/augmentation.ts';
import { referenceSetting } from '../reference/reference-folder.ts';
import type { Line } from '../configuration/command-line.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';

const { levels, fraction } = AUGMENTATION_TOLERANCE;

export const summary = `Compares the augmentation with reference images: at most ${levels} grey level off on at most ${100 * fraction} % of pixels.`;

export const settings = {
  reference: { ...referenceSetting, help: 'folder with augment.json and augment.bin' },
} as const satisfies SettingTable;

export async function run({ values }: Line<typeof settings>): Promise<object> {
  const report = await verifyAugmentation(values.reference);
  for (const { operation, magnitude, worstLevels, fractionDifferent } of report.rows) {
    say(
      `${operation.padEnd(14)} ${magnitude.toFixed(3).padStart(8)}  worst ${worstLevels} levels, ${(100 * fractionDifferent).toFixed(3)} % of pixels differ`,
    );
  }
  for (const line of report.rangeMismatches) say(line);
  say(
    `${report.pass ? 'pass' : 'FAIL'}: worst ${report.worst.worstLevels} levels on ${(100 * report.worst.fractionDifferent).toFixed(3)} % of pixels (${report.worst.operation}) over ${report.rows.length} cases`,
  );
  return report;
}
