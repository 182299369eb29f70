/** Exit status of a command that SIGPIPE ended, as shells report it. */
const CLOSED_OUTPUT_STATUS = 141;

/** Ends the process without a word where whoever reads its output has gone (`npm run … | head`), as other commands end. */
export function endWhenOutputCloses(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(CLOSED_OUTPUT_STATUS);
      throw error;
    });
  }
}
