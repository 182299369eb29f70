/** The command line of the pipeline as a process: its words, its outputs, its exit status. */
import { failedEnd, runLine, type LineEnd } from './run-line.ts';
import { endWhenOutputCloses } from './support/closed-output.ts';

function end({ status, result, error }: LineEnd): never {
  if (result !== undefined) console.log(result);
  if (error !== undefined) console.error(error);
  process.exit(status);
}

endWhenOutputCloses();
// Thrown where nobody waits: in an event's listener, or by a promise that was left alone.
process.on('uncaughtException', (thrown) => end(failedEnd(thrown)));
end(await runLine(process.argv.slice(2)));
