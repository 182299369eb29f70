import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, type BrowserContext, type Page } from 'playwright/test';
import { findPackages, type Packages } from './packages.ts';
import { startServerProcess, type Server } from './server.ts';

export { expect };

/** Faults that a page may not have in any test unless the test expects them. */
export interface Guard {
  /** Violations of the Content-Security-Policy, console errors, uncaught errors, requests to elsewhere. */
  problems: string[];
  /** The test expects console errors like this one. */
  allow(pattern: RegExp): void;
}

interface TestFixtures {
  guard: Guard;
  /** Opens the page and waits until the model answers, or fails to. */
  open: (search?: string) => Promise<Page>;
}

interface WorkerFixtures {
  scratch: string;
  packages: Packages;
  server: Server;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  scratch: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of a fixture's needs from this pattern
    async ({}, use) => {
      const dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-e2e-'));
      await use(dir);
      rmSync(dir, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  packages: [async ({ scratch }, use) => use(await findPackages(scratch)), { scope: 'worker' }],
  server: [
    async ({ packages }, use) => {
      const server = await startServerProcess(packages.dir);
      await use(server);
      await server.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  guard: [
    async ({ context }, use) => {
      const problems: string[] = [];
      const allowed: RegExp[] = [];
      await watch(context, problems);
      await use({ problems, allow: (pattern) => allowed.push(pattern) });
      expect(problems.filter((problem) => !allowed.some((pattern) => pattern.test(problem)))).toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, server }, use) => {
    await use(async (search = '') => {
      await page.goto(server.url + search);
      await settled(page);
      return page;
    });
  },
});

/** WebGPU on a software adapter computes the goldens slowly. */
const START_TIMEOUT_MS = 180_000;

/** Waits until the page knows whether it has a model. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('#answer-body')).not.toContainText('Getting the model ready', { timeout: START_TIMEOUT_MS });
}

/** Waits for the service worker's word that everything is verified and stored. */
export async function readyOffline(page: Page): Promise<void> {
  await expect(page.locator('#offline-badge')).toHaveText('Ready offline', { timeout: 30_000 });
}

async function watch(context: BrowserContext, problems: string[]): Promise<void> {
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => problems.push(`uncaught: ${error.error().message}`));
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol) && hostname !== 'localhost') problems.push(`request to elsewhere: ${request.url()}`);
  });
  await context.exposeBinding('reportViolation', (_source, violation: string) => void problems.push(violation));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (window as unknown as { reportViolation: (text: string) => void }).reportViolation;
      report(`CSP: ${event.violatedDirective} refused ${event.blockedURI}`);
    });
  });
}
