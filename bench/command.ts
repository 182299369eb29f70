/** A bench or check as a command: its flags, help, one line for what is not understood. */
import { flagValuesOf, tableOf, UsageError, type Flags, type FlagValues } from '../pipeline/commands/flags.ts';
import { parseLine } from '../pipeline/configuration/command-line.ts';
import { helpText } from '../pipeline/configuration/help.ts';
import { endWhenOutputCloses } from '../pipeline/support/closed-output.ts';

interface Bench {
  /** As `npm run` has it. */
  name: string;
  summary: string;
  flags: Flags;
  /** @returns false for what makes the exit status 1 */
  run(values: FlagValues): Promise<boolean | void>;
}

/** Runs it with the process's arguments, and ends the process: status 1 where it fails, 2 where it is called wrongly. */
export async function runBench({ name, summary, flags, run }: Bench): Promise<never> {
  endWhenOutputCloses();
  const command = { summary, settings: tableOf(flags) };
  try {
    const { given, json, help } = parseLine(name, command, process.argv.slice(2));
    if (!help) process.exit((await run({ ...flagValuesOf(given), json })) === false ? 1 : 0);
    console.log(helpText(name, command, true));
    process.exit(0);
  } catch (error) {
    console.error(process.env.SLD_EDGE_DEBUG ? error : `error: ${(error as Error).message}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
