import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from './open-engine.ts';
import { createPairSide } from './pair-step.ts';
import { tell } from './results.ts';

/** Losses of the first steps by another engine, stored when the bundle was made. */
export interface Reference {
  engine: string;
  cases: { pair: string; batchSize: number; losses: Record<string, number>[] }[];
}

/** Tolerance before the first update; rounding differences grow with each. */
const FIRST_TOLERANCE = 1e-4;
const LATER_TOLERANCE = 1e-3;

const total = (losses: Record<string, number>): number => Object.values(losses).reduce((sum, value) => sum + value, 0);

/** Steps whose losses are known, gradients and the optimizer in those after the first. */
export async function correctnessPart(folder: string, pairs: readonly string[]): Promise<void> {
  const { cases } = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Reference;
  const engine = await openEngine();
  for (const { pair, batchSize, losses: expected } of cases.filter(({ pair }) => pairs.includes(pair))) {
    const side = createPairSide(engine, pair, batchSize);
    const actual = await side.read(expected.map(() => side.step()));
    side.dispose();
    const errors = expected.map((losses, i) =>
      Math.max(...Object.entries(losses).map(([name, value]) => Math.abs(actual[i][name] - value) / Math.abs(value))),
    );
    tell({
      kind: 'correctness',
      value: {
        pair,
        batchSize,
        expected: expected.map(total),
        actual: actual.map(total),
        error: Math.max(...errors),
        ok: errors[0] <= FIRST_TOLERANCE && errors.every((error) => error <= LATER_TOLERANCE),
      },
    });
  }
}
