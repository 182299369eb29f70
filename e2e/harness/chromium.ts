import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright/test';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

let found: string | undefined;
let searched = false;

/**
 * The browser of the tests: `CHROMIUM_PATH`, else one that the system has, else Playwright's own, which
 * is installed where it is missing.
 *
 * @returns undefined for Playwright's own
 * @throws where there is none and none can be installed, with what to do
 */
export function chromiumPath(): string | undefined {
  if (searched) return found;
  searched = true;
  found = process.env.CHROMIUM_PATH || INSTALLED.find((path) => existsSync(path));
  if (found || existsSync(chromium.executablePath())) return found;
  process.stdout.write('e2e: no Chromium here, installing the one of Playwright\n');
  try {
    execFileSync('npx', ['playwright', 'install', '--no-shell', 'chromium'], { stdio: 'inherit' });
  } catch {
    throw new Error('e2e: Chromium could not be installed; install it (Debian: apt-get install chromium) or set CHROMIUM_PATH');
  }
  return found;
}
