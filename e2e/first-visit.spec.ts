import { startCountingProxy } from '../bench/page/counting-proxy.ts';
import { visitFirst } from '../bench/page/first-visit.ts';
import { expect, test } from './harness/test.ts';

/** Limits of what a first visit costs until its first answer. Times are the bench's: `npm run bench:page`. */

const MOST_BYTES = 180_000;
const MOST_BYTES_WITHOUT_MODEL = 59_500;
const MOST_REQUESTS = 10;
const MOST_ROUNDS = 3;
const MOST_LAYOUT_SHIFT = 0.05;

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

test('a first visit gets its label in few bytes, few requests and few that wait for one another', async ({ browser, server, packages }) => {
  test.setTimeout(240_000);
  test.skip(!packages.real, 'the repository has no package to serve');
  const context = await browser.newContext(PHONE);
  const proxy = await startCountingProxy(server.url, { roundMs: 1000 });
  try {
    const { responses, rounds, layoutShift } = await visitFirst(context, proxy, '');
    const listed = responses.map(({ path, bytes }) => `${path} ${bytes}`);
    const bytesOf = (some: typeof responses): number => some.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(listed.length, listed.join('\n')).toBeLessThanOrEqual(MOST_REQUESTS);
    expect(bytesOf(responses), listed.join('\n')).toBeLessThanOrEqual(MOST_BYTES);
    expect(bytesOf(responses.filter(({ path }) => !path.startsWith('/models/'))), listed.join('\n')).toBeLessThanOrEqual(
      MOST_BYTES_WITHOUT_MODEL,
    );
    expect(rounds, listed.join('\n')).toBeLessThanOrEqual(MOST_ROUNDS);
    expect(layoutShift).toBeLessThan(MOST_LAYOUT_SHIFT);
  } finally {
    await context.close();
    await proxy.close();
  }
});
