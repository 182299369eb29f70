import { expect, it } from 'vitest';
import { createPassProgress } from './pass-progress.ts';

it('tells which share of the passes is done, of those that are expected by then', () => {
  const told: string[] = [];
  const work = createPassProgress({ first: 10, second: 20, third: 10 }, (fraction, stage) => told.push(`${stage} ${fraction.toFixed(3)}`));
  work.begin('first');
  work.did(5); // 5 of 40
  work.begin('second'); // the other 5 fell away
  work.did(5); // 10 of 10 + 15 + 10
  work.expect(30);
  work.did(10); // 20 of 20 + 20 + 10
  work.did(30); // more than expected: 50 of 50 + 10
  work.begin('third');
  work.did(10);
  expect(told).toEqual(['first 0.125', 'second 0.286', 'second 0.400', 'second 0.833', 'third 1.000']);
});
