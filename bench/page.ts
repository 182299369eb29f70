/**
 * `npm run bench:page`: what a visit of the built page costs on a phone: bytes and requests over the wire to the first label, and how many
 * of them wait for one another; layout shift and the longest task of the main thread. Needs `npm run build`.
 */
import { chromium, type Browser, type BrowserContext } from 'playwright';
import { chromiumPath } from '../e2e/harness/chromium.ts';
import { startServerProcess, type Server } from '../e2e/harness/server.ts';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { textTable } from '../pipeline/support/text-table.ts';
import { oneName, path, text, toggle, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { startCountingProxy, type ProxyOptions } from './page/counting-proxy.ts';
import { untilReadyOffline, timeToLabel, visitFirst, type FirstVisit } from './page/first-visit.ts';
import { NETWORKS, slowNetwork, type NetworkName } from './page/network.ts';

const settings = {
  models: { ...benchSetting, ...path('models'), help: 'folder of packages to serve' },
  search: {
    ...benchSetting,
    ...text('?model=fashion-mnist'),
    help: 'what follows the page’s address: "?model=NAME", or "" for the default model',
  },
  network: {
    ...benchSetting,
    ...oneName('fast', ['fast', ...(Object.keys(NETWORKS) as NetworkName[])]),
    help: 'fast: as this machine has it; slow-4g: 1.44 Mbit/s shared by all transfers, 562.5 ms before each answer',
  },
  offline: { ...benchSetting, ...toggle(false), help: 'also: the server stopped, the time from opening a new page to its first label' },
  visits: {
    ...benchSetting,
    ...whole(3, { from: 1, to: 100 }),
    help: 'visits of each kind; of times the fastest and the median are stated',
  },
  ...jsonSetting,
} as const satisfies SettingTable;

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
/** Time without a request after which everything has been asked for that could be. */
const ROUND_MS = 800;

async function run({ values: { models, search, network, offline, visits, json } }: Line<typeof settings>): Promise<void> {
  const server = await startServerProcess(models);
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--disable-background-networking', '--no-first-run'] });
  const first = (options: ProxyOptions): Promise<FirstVisit> =>
    inNewBrowser(browser, async (context) => {
      const proxy = await startCountingProxy(server.url, options);
      try {
        return await visitFirst(context, proxy, search);
      } finally {
        await proxy.close();
      }
    });
  try {
    // The first one warms the server: encodings of packages are made when they are asked for.
    await first({});
    const timed: FirstVisit[] = [];
    for (let i = 0; i < visits; i++) timed.push(await first({ network: network === 'fast' ? undefined : slowNetwork(network) }));
    const { rounds } = await first({ roundMs: ROUND_MS });
    const offlineMs = offline ? await inNewBrowser(browser, (context) => visitOffline(context, server, search, visits)) : undefined;

    const { responses } = timed[0];
    const needed = responses.filter(({ path: file }) => !BESIDES.test(file));
    const result = {
      network,
      neededRequests: needed.length,
      neededBytes: bytesOf(needed),
      appBytes: bytesOf(needed.filter(({ path: file }) => !file.startsWith('/models/'))),
      requests: responses.length,
      bytes: bytesOf(responses),
      serialHops: rounds,
      labelMs: summary(timed.map(({ labelMs }) => labelMs)),
      ...(offlineMs && { offlineLabelMs: summary(offlineMs) }),
      layoutShift: Number(Math.max(...timed.map(({ layoutShift }) => layoutShift)).toFixed(3)),
      longestTaskMs: summary(timed.map(({ longestTaskMs }) => longestTaskMs)),
      responses,
    };
    if (json) return console.log(JSON.stringify(result));
    const { responses: files, ...figures } = result;
    console.log(
      textTable(
        ['file', 'bytes'],
        files.map(({ path: file, bytes }) => [file, String(bytes)]),
      ),
    );
    for (const [name, value] of Object.entries(figures))
      console.log(`${name}: ${typeof value === 'object' ? `${value.fastest} fastest, ${value.median} median` : value}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** Files that a label does not need: pictures to try, and what keeps the page for the next visit. */
const BESIDES = /\/samples\/|^\/sw\.js|^\/icons\/|^\/manifest\.webmanifest/;

const bytesOf = (responses: FirstVisit['responses']): number => responses.reduce((sum, { bytes }) => sum + bytes, 0);

function summary(values: number[]): { fastest: number; median: number } {
  const sorted = values.toSorted((a, b) => a - b);
  return { fastest: Math.round(sorted[0]), median: Math.round(sorted[Math.floor((sorted.length - 1) / 2)]) };
}

async function inNewBrowser<Result>(browser: Browser, work: (context: BrowserContext) => Promise<Result>): Promise<Result> {
  const context = await browser.newContext(PHONE);
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}

/** Visits once, stops the server, and opens new pages. @returns the times to their labels */
async function visitOffline(context: BrowserContext, server: Server, search: string, visits: number): Promise<number[]> {
  const online = await context.newPage();
  await online.goto(server.url + search);
  await untilReadyOffline(online);
  await online.close();
  await server.stop();
  const times: number[] = [];
  for (let i = 0; i < visits; i++) {
    const page = await context.newPage();
    times.push(await timeToLabel(page, server.url + search));
    await page.close();
  }
  return times;
}

await runBench({ name: 'bench:page', summary: 'Measures a first visit of the built page on a phone.', settings, run });
