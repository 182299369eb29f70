import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { networks } from '../../networks/index.ts';
import { imagenetLabels } from './imagenet-labels.ts';
import { pretrained } from './table.ts';

it('docs/pretrained.md has a row for every pretrained network, as the table says', () => {
  const text = readFileSync(new URL('../../../docs/pretrained.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `.+$/gm)].map(([row]) => row);
  expect(rows).toEqual(
    Object.entries(pretrained).map(
      ([name, { size, cropRatio, megabytes, top1, licence, sources }]) =>
        `| \`${name}\` | ${size} | ${cropRatio.toFixed(3)} | ${megabytes.toFixed(1)} | ${(100 * top1).toFixed(1)} % | ${licence} | ${sources.map((source) => ('wheel' in source ? 'wheel' : 'URL')).join(', ')} |`,
    ),
  );
});

it('the table names registered networks, checksums and channels; labels are 1,000 and each one of a kind', () => {
  for (const [name, { network, sha256, mean, std, top1 }] of Object.entries(pretrained)) {
    expect(Object.keys(networks), name).toContain(network);
    expect(sha256, name).toMatch(/^[0-9a-f]{8,64}$/);
    expect([mean.length, std.length], name).toEqual([3, 3]);
    expect(top1 > 0.5 && top1 < 0.9, name).toBe(true);
  }
  expect(new Set(imagenetLabels()).size).toBe(1000);
  expect(imagenetLabels().slice(0, 2)).toEqual(['tench', 'goldfish']);
});
