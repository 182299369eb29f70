import { expect, it } from 'vitest';
import { scripted } from '../../testing/scripted-random.ts';
import { drawJitter } from './jitter.ts';
import { brightness, color, contrast } from './operations/enhance.ts';
import { hue } from './operations/hue.ts';

it('jitter draws an order, then a magnitude of each kind that it has', () => {
  // Exchanges: last with 0: 3 1 2 0; third with 2: as it is; second with 0: 1 3 2 0: contrast, hue, saturation, brightness.
  const draws = [0, 0.9, 0, 0.5, 0.75, 0.25, 1];
  const drawn = drawJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.8, hue: 0.1 }, scripted(...draws));
  expect(drawn.map(([operation]) => operation)).toEqual([contrast, hue, color, brightness]);
  [1.2, 0.1, 0.6, 1].forEach((magnitude, i) => expect(drawn[i][1]).toBeCloseTo(magnitude, 12));
  expect(drawJitter({ brightness: 0, contrast: 0, saturation: 0, hue: 0.5 }, scripted(0.9, 0.9, 0.9, 0))).toEqual([[hue, -0.5]]);
});

it('hue by half of the circle makes the opposite colour: red 0 + 127 levels is 127 · 6 / 255 = 2.99 sixths, almost cyan', () => {
  const target = new Uint8Array(6);
  hue.apply({ height: 1, width: 2, channels: 3, data: Uint8Array.of(255, 0, 0, 80, 80, 80) }, 0.5, target);
  expect([...target]).toEqual([0, 255, 252, 80, 80, 80]);
});
