/** A bench or check as a command: its settings, help, one line for what is not understood. */
import { parseLine, type Line } from '../pipeline/configuration/command-line.ts';
import { helpText } from '../pipeline/configuration/help.ts';
import { endWhenOutputCloses } from '../pipeline/support/closed-output.ts';
import { errorLine } from '../pipeline/support/error-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { UsageError } from '../pipeline/support/usage-error.ts';

interface Bench<T extends SettingTable> {
  /** Name under `npm run`. */
  name: string;
  summary: string;
  settings: T;
  /** @returns false for what makes the exit status 1 */
  run(line: Line<T>): Promise<boolean | void>;
}

/** Fields that all settings of a bench share. */
export const benchSetting = { group: 'run', decides: 'nothing' } as const;

/** Runs it with the process's arguments, and ends the process: status 1 where it fails, 2 where it is called wrongly. */
export async function runBench<T extends SettingTable>({ name, summary, settings, run }: Bench<T>): Promise<never> {
  endWhenOutputCloses();
  try {
    const line = parseLine(name, { settings }, process.argv.slice(2));
    if (!line.help) process.exit((await run(line)) === false ? 1 : 0);
    console.log(helpText(name, { summary, settings }, true));
    process.exit(0);
  } catch (error) {
    console.error(process.env.SLD_EDGE_DEBUG ? error : `error: ${errorLine(error)}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
