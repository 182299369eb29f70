import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settingsPage } from './settings-page.ts';

it('docs/settings.md is what the tables of settings say: npm run docs:settings -- --force writes it', async () => {
  expect(readFileSync(new URL('../docs/settings.md', import.meta.url), 'utf8')).toBe(await settingsPage());
});
