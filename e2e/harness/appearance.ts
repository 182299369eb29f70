import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type axe from 'axe-core';
import { test, type Page } from 'playwright/test';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Finds by axe what goes against WCAG 2.2 A and AA: contrast, names, roles, structure. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const result = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.map(({ id, nodes }: axe.Result) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  });
}

/** Attaches a picture of the page; also written to `SCREENSHOT_DIR` where that is set. */
export async function picture(page: Page, name: string): Promise<void> {
  const body = await page.screenshot({ fullPage: true, animations: 'disabled' });
  await test.info().attach(`${name}.png`, { body, contentType: 'image/png' });
  const dir = process.env.SCREENSHOT_DIR;
  if (!dir) return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: path.join(dir, `${name}.png`), fullPage: true, animations: 'disabled' });
}

/** @returns the elements that make the page wider than the screen, each with its sides in pixels; none where it fits */
export async function widerThanScreen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const found: string[] = [];
    const look = (parent: Element): void => {
      for (const node of parent.children) {
        const { left, right } = node.getBoundingClientRect();
        const { tagName, id, className } = node;
        if (left < -0.5 || right > clientWidth + 0.5)
          found.push(`${tagName.toLowerCase()} ${id} ${String(className)}: ${Math.round(left)} to ${Math.round(right)} of ${clientWidth}`);
        // What scrolls by itself is as wide as it likes inside.
        if (getComputedStyle(node).overflowX === 'visible') look(node);
      }
    };
    look(document.body);
    return found.length > 0 ? found : [`the page: ${scrollWidth} of ${clientWidth}`];
  });
}
