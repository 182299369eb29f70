import type { BrowserContext } from 'playwright';
import type { CountingProxy } from './counting-proxy.ts';

export interface FirstVisit {
  /** From the start of the navigation to the first answer, in milliseconds. */
  labelMs: number;
  responses: CountingProxy['responses'];
  /** Cumulative layout shift of the visit, until everything is kept. */
  layoutShift: number;
  /** Longest task of the main thread, in milliseconds; 0: none over 50. */
  longestTaskMs: number;
}

interface Watch {
  layoutShift: number;
  longestTaskMs: number;
}

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
  const startedAt = performance.now();
  await page.goto(proxy.url + search, { waitUntil: 'commit' });
  await page.waitForFunction(() => 'sldEdge' in window, undefined, { polling: 5 });
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 64);
    canvas.getContext('2d')!.fillRect(8, 8, 32, 48);
    const sldEdge = (window as unknown as { sldEdge: { classify(image: Blob): Promise<unknown> } }).sldEdge;
    await sldEdge.classify(await canvas.convertToBlob());
  });
  const labelMs = performance.now() - startedAt;
  const responses = structuredClone(proxy.responses);
  await page.waitForFunction(() => document.querySelector('#offline-badge')?.textContent === 'Ready offline', undefined, {
    timeout: 60_000,
  });
  const { layoutShift, longestTaskMs } = await page.evaluate(() => (window as unknown as { watch: Watch }).watch);
  await page.close();
  return { labelMs, responses, layoutShift, longestTaskMs };
}
