import { describe, expect, it } from 'vitest';
import { parseRows } from '../configuration/comparison-row.ts';
import type { MethodSpec } from '../distillers/method-spec.ts';
import { configure } from '../configuration/configure.ts';
import { gridOf } from './grid.ts';
import { createRemainingTime } from './remaining-time.ts';

describe('gridOf', () => {
  const base = configure({ epochs: 7 });
  const specs = parseRows('ce,sld,sld{studentSwap=false}');
  const configurationOf = ({ method, methodOptions }: MethodSpec, seed: number) => configure({ ...base, method, methodOptions, seed });
  const cells = gridOf(specs, [1, 5], 'out', configurationOf);

  it('trains the first seed of every method, then the second', () => {
    expect(cells.map(({ label, seed }) => `${label} ${seed}`)).toEqual([
      'ce 1',
      'sld 1',
      'sld{studentSwap=false} 1',
      'ce 5',
      'sld 5',
      'sld{studentSwap=false} 5',
    ]);
  });

  it('differs in method, its options and seed alone', () => {
    for (const { configuration } of cells)
      expect({ ...configuration, method: '', methodOptions: {}, seed: 0 }).toEqual({ ...base, method: '', methodOptions: {}, seed: 0 });
    expect(cells.slice(0, 3).map(({ configuration: { methodOptions } }) => methodOptions)).toEqual([{}, {}, { studentSwap: false }]);
  });

  it('gives each cell a folder of its own, also where only signs of options differ', () => {
    expect(cells[0].folder).toBe('out/ce.seed1');
    const close = gridOf(parseRows('kd+ls,sld{temperatures=[1,2]},sld{temperatures=[12]}'), [1], 'out', configurationOf).map(
      ({ folder }) => folder,
    );
    expect(new Set(close).size).toBe(3);
    for (const folder of close) expect(folder).toMatch(/^out\/[A-Za-z0-9.+_-]+$/);
  });
});

describe('pace', () => {
  it('takes each method at its own pace, unknown ones at the typical', () => {
    const pace = createRemainingTime();
    expect(pace.leftMs([{ label: 'ce', fraction: 1 }])).toBeUndefined();
    pace.observe('ce', 1000, 0, 0.5);
    expect(pace.leftMs([{ label: 'ce', fraction: 0.5 }])).toBe(1000);
    // From a checkpoint at three quarters: the last quarter took 1 s.
    pace.observe('sld', 1000, 0.75, 1);
    expect(
      pace.leftMs([
        { label: 'ce', fraction: 1 },
        { label: 'sld', fraction: 1 },
        { label: 'kd', fraction: 1 },
      ]),
    ).toBe(2000 + 4000 + 3000);
  });
});
