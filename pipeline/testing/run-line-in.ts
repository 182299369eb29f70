import { Console } from 'node:console';
import { runLine } from '../run-line.ts';
import type { CliResult } from './run-cli.ts';

/**
 * Runs a line of the pipeline in this process, with `cwd` as working folder: a refusal takes no process of its own. One at a time:
 * working folder and outputs are the process's.
 */
export async function runLineIn(cwd: string, words: string[]): Promise<Omit<CliResult, 'signal'>> {
  const outputs = { stdout: '', stderr: '' };
  const kept = { cwd: process.cwd(), console: globalThis.console, stdout: process.stdout.write, stderr: process.stderr.write };
  process.chdir(cwd);
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((chunk: string | Uint8Array) => {
      outputs[name] += String(chunk);
      return true;
    }) as typeof process.stdout.write;
  // The test runner has a console of its own, which does not write there.
  globalThis.console = new Console(process.stdout, process.stderr);
  try {
    const { status, result, error } = await runLine(words);
    const linesOf = (text: string | undefined): string => (text === undefined ? '' : `${text}\n`);
    return { status, stdout: outputs.stdout + linesOf(result), stderr: outputs.stderr + linesOf(error) };
  } finally {
    globalThis.console = kept.console;
    process.stdout.write = kept.stdout;
    process.stderr.write = kept.stderr;
    process.chdir(kept.cwd);
  }
}
