import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Manifest, ModelIndex } from '@sld-edge/runtime';
import { SHIPPED } from './harness/packages.ts';
import { startServerProcess } from './harness/server.ts';
import { expect, readyOffline, settled, test } from './harness/test.ts';

/** The default package of a fresh clone, on the first visit. */

test('the shipped default names a photograph, also offline, and the server gives the same numbers', async ({ page, context, request }) => {
  test.skip(!existsSync(path.join(SHIPPED, 'index.json')), 'models/ holds no package');
  const index = JSON.parse(readFileSync(path.join(SHIPPED, 'index.json'), 'utf8')) as ModelIndex;
  const entry = index.packages.findLast(({ name }) => name === index.default)!;
  const manifest = JSON.parse(readFileSync(path.join(SHIPPED, entry.manifest.path), 'utf8')) as Manifest;
  const photograph = readFileSync(path.join(SHIPPED, path.dirname(entry.manifest.path), manifest.samples[0].file.path));
  const server = await startServerProcess(SHIPPED);
  try {
    await page.goto(server.url);
    await settled(page);
    await expect(page).toHaveTitle(manifest.title);
    await readyOffline(page);
    const response = await request.post(`${server.url}classify`, { headers: { 'content-type': 'image/*' }, data: photograph });
    const answer = await response.json();
    expect(answer).toMatchObject({ model: manifest.name, version: manifest.version, variant: manifest.defaultVariant });
    await server.stop();
    const offline = await context.newPage();
    await page.close();
    await offline.goto(server.url);
    await settled(offline);
    const own = await offline.evaluate(
      (base64) => window.sldEdge.classify(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))),
      photograph.toString('base64'),
    );
    expect(own.predictions.slice(0, answer.predictions.length)).toEqual(answer.predictions);
    await offline
      .getByRole('button', { name: `Try the sample labelled ${manifest.samples[0].label}` })
      .first()
      .click();
    await expect(offline.locator('.headline strong')).toHaveText(answer.predictions[0].label);
  } finally {
    await server.stop();
  }
});
