/** Processor time of a browser's pages: unlike elapsed time, what other processes do hardly moves it. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from 'playwright';

/** @returns a function that reads milliseconds of all threads of all pages so far; undefined where the system does not count them by thread */
export async function pageProcessorTime(browser: Browser): Promise<(() => number) | undefined> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const read = (): number =>
    pages.reduce((sum, id) => sum + threadsOf(id).reduce((sum, thread) => sum + nanosecondsOf(thread), 0), 0) / 1e6;
  try {
    read();
    return read;
  } catch {
    return undefined;
  }
}

const threadsOf = (id: number): string[] => readdirSync(`/proc/${id}/task`).map((thread) => `/proc/${id}/task/${thread}/schedstat`);

/** The first number of Linux's `schedstat`; a thread that has just ended counts for nothing. */
function nanosecondsOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
}
