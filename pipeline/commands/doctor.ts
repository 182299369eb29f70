/** `npm run doctor`: what this machine has, what it lacks, and the command for each. */
import { renderDoctor } from '../engines/doctor-text.ts';
import { runDoctor } from '../engines/doctor.ts';
import type { Flags, FlagValues } from './flags.ts';
import { say } from './run-options.ts';

export const summary = 'Tells what is there, what is missing, and the exact command for each.';

export const flags: Flags = { verify: { type: 'boolean', help: 'also read every byte of the engine in the cache and check its SHA-256' } };

export async function run(values: FlagValues): Promise<object> {
  const report = await runDoctor({ verify: values.verify === true });
  say(renderDoctor(report));
  return { ...report, pass: report.ok };
}
