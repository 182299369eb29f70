import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright/test';

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Installers in order: the browser that Playwright was tested with, then the distribution's, which needs root. */
const INSTALLERS: [string, string[][]][] = [
  ["Playwright's own", [['npx', 'playwright', 'install', '--no-shell', 'chromium']]],
  [
    "Debian's package",
    [
      ['apt-get', 'update'],
      ['apt-get', 'install', '--yes', '--no-install-recommends', 'chromium'],
    ],
  ],
];

let found: string | undefined;
let searched = false;

/**
 * The browser of the tests: `CHROMIUM_PATH`, else one that the system has, else Playwright's own, which
 * is installed where it is missing.
 *
 * @returns undefined for Playwright's own
 * @throws if there is none and none can be installed, with what to do
 */
export function chromiumPath(): string | undefined {
  if (searched) return found;
  searched = true;
  found = process.env.CHROMIUM_PATH || INSTALLED.find((path) => existsSync(path));
  if (found || existsSync(chromium.executablePath())) return found;
  for (const [how, commands] of INSTALLERS) {
    process.stdout.write(`e2e: no Chromium here, installing ${how}\n`);
    try {
      for (const [command, ...args] of commands) execFileSync(command, args, { stdio: 'inherit' });
    } catch {
      process.stdout.write(`e2e: ${how} could not be installed\n`);
      continue;
    }
    found = INSTALLED.find((path) => existsSync(path));
    if (found || existsSync(chromium.executablePath())) return found;
  }
  throw new Error('e2e: Chromium could not be installed; install it (Debian: apt-get install chromium) or set CHROMIUM_PATH');
}
