import type { BrowserContext, Page } from 'playwright';
import type { CountedResponse, CountingProxy } from './counting-proxy.ts';

export interface FirstVisit {
  /** From the start of the navigation to the first answer, in milliseconds. */
  labelMs: number;
  /** Responses until then. */
  responses: CountedResponse[];
  /** Rounds of answers until then, where the proxy holds them back. */
  rounds: number;
  /** Cumulative layout shift of the visit, until everything is kept. */
  layoutShift: number;
  /** Longest task of the main thread, in milliseconds, until everything is kept and more images are answered; 0: none over 50. */
  longestTaskMs: number;
}

interface Watch {
  layoutShift: number;
  longestTaskMs: number;
}

/** Pictures classified after the first, for the tasks that they make. */
const MORE_IMAGES = 10;

/** Opens the page in a browser that knows nothing of it, and gives it a picture as soon as it takes one. */
export async function visitFirst(context: BrowserContext, proxy: CountingProxy, search: string): Promise<FirstVisit> {
  const page = await context.newPage();
  await page.addInitScript(() => {
    const watch: Watch = { layoutShift: 0, longestTaskMs: 0 };
    (window as unknown as { watch: Watch }).watch = watch;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) watch.layoutShift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) watch.longestTaskMs = Math.max(watch.longestTaskMs, duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  const labelMs = await timeToLabel(page, proxy.url + search);
  const labelAtMs = labelMs + (await page.evaluate(() => performance.timeOrigin));
  const responses = proxy.responses.filter(({ atMs }) => atMs <= labelAtMs);
  await untilReadyOffline(page);
  for (let i = 0; i < MORE_IMAGES; i++) await classify(page);
  const { layoutShift, longestTaskMs } = await page.evaluate(() => (window as unknown as { watch: Watch }).watch);
  await page.close();
  return { labelMs, responses, rounds: new Set(responses.map(({ round }) => round)).size, layoutShift, longestTaskMs };
}

/** Opens a new page and gives it a picture as soon as it takes one. @returns the time from the start of the navigation to the answer */
export async function timeToLabel(page: Page, url: string): Promise<number> {
  await page.addInitScript(() => {
    // In the page and by its own clock: what drives the browser takes part in none of it.
    const asking = setInterval(() => {
      if (!('sldEdge' in window)) return;
      clearInterval(asking);
      const canvas = new OffscreenCanvas(64, 64);
      canvas.getContext('2d')!.fillRect(8, 8, 32, 48);
      const { sldEdge } = window as unknown as { sldEdge: { classify(image: Blob): Promise<unknown> } };
      void canvas
        .convertToBlob()
        .then((picture) => sldEdge.classify(picture))
        .then(() => performance.mark('label'));
    }, 2);
  });
  await page.goto(url, { waitUntil: 'commit' });
  const label = await page.waitForFunction(() => performance.getEntriesByName('label')[0]?.startTime, undefined, { timeout: 120_000 });
  return (await label.jsonValue())!;
}

export async function untilReadyOffline(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('#offline-badge')?.textContent === 'Ready offline', undefined, {
    timeout: 120_000,
  });
}

function classify(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext('2d')!.fillRect(8, 8, 32, 48);
    const sldEdge = (window as unknown as { sldEdge: { classify(image: Blob): Promise<unknown> } }).sldEdge;
    await sldEdge.classify(await canvas.convertToBlob());
  });
}
