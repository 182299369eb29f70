/**
 * `npm run bench:page`: what a first visit of the built page costs on a phone: bytes and requests over the wire to the first label, and how
 * many of them wait for one another; layout shift and the longest task of the main thread. Needs `npm run build`.
 */
import { chromium } from 'playwright';
import { chromiumPath } from '../e2e/harness/chromium.ts';
import { startServerProcess } from '../e2e/harness/server.ts';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { textTable } from '../pipeline/support/text-table.ts';
import { path, text } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { startCountingProxy } from './page/counting-proxy.ts';
import { visitFirst, type FirstVisit } from './page/first-visit.ts';

const settings = {
  models: { ...benchSetting, ...path('models'), help: 'folder of packages to serve' },
  search: { ...benchSetting, ...text(''), help: 'what follows the page’s address, such as "?model=NAME"' },
  ...jsonSetting,
} as const satisfies SettingTable;

/** Delay before each answer: the time to the label grows by it for each that waits for another. */
const HOP_MS = 400;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

async function run({ values: { models, search, json } }: Line<typeof settings>): Promise<void> {
  const server = await startServerProcess(models);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--disable-background-networking', '--no-first-run'] });
  const visit = async (delayMs: number): Promise<FirstVisit> => {
    const proxy = await startCountingProxy(server.url, delayMs);
    const context = await browser.newContext(PHONE);
    try {
      return await visitFirst(context, proxy, search);
    } finally {
      await context.close();
      await proxy.close();
    }
  };
  try {
    // The first one warms the server: encodings are made when they are asked for.
    await visit(0);
    const plain = fastest([await visit(0), await visit(0), await visit(0)]);
    const delayed = fastest([await visit(HOP_MS), await visit(HOP_MS), await visit(HOP_MS)]);
    const result = {
      requests: plain.responses.length,
      bytes: plain.responses.reduce((sum, { bytes }) => sum + bytes, 0),
      serialHops: Math.round((delayed.labelMs - plain.labelMs) / HOP_MS),
      labelMs: Math.round(plain.labelMs),
      layoutShift: Number(plain.layoutShift.toFixed(3)),
      longestTaskMs: Math.round(plain.longestTaskMs),
      responses: plain.responses,
    };
    if (json) return console.log(JSON.stringify(result));
    const { responses, ...figures } = result;
    console.log(
      textTable(
        ['file', 'bytes'],
        responses.map(({ path, bytes }) => [path, String(bytes)]),
      ),
    );
    for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

const fastest = (visits: FirstVisit[]): FirstVisit => visits.reduce((best, visit) => (visit.labelMs < best.labelMs ? visit : best));

await runBench({ name: 'bench:page', summary: 'Measures a first visit of the built page on a phone.', settings, run });
