import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { networks } from './index.ts';
import { multiplyAdds, trainableCount } from './state.ts';

const rows = [
  ...readFileSync(new URL('../../docs/networks.md', import.meta.url), 'utf8').matchAll(
    /^\| `(.+?)` \| .+? \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$/gm,
  ),
];

describe('docs/networks.md', () => {
  it('has a row for every registered network, and no other', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(networks).sort());
  });

  it.each(rows.map(([, name, pixels, parameters, products]) => [name, pixels, parameters, products]))(
    '%s at %s pixels: %s million parameters, %s million multiply-adds',
    (name, pixels, parameters, products) => {
      const size = Number(pixels);
      const network = networks[name]({ inputShape: { height: size, width: size, channels: 3 }, classes: size === 224 ? 1000 : 100 });
      expect((trainableCount(network) / 1e6).toFixed(3)).toBe(parameters);
      expect((multiplyAdds(network) / 1e6).toFixed(1)).toBe(products);
    },
  );
});
