/** The first steps' losses on another engine, which the bundle carries along. */
import { startEngine } from '../../pipeline/engines/start-engine.ts';
import { createPairSide } from './target/pair-step.ts';
import { PAIRS } from './target/pairs.ts';
import type { Reference } from './target/part-correctness.ts';

const BATCH = 2;
const STEPS = 3;

export async function makeReference(engineName: string): Promise<Reference> {
  const engine = await startEngine(engineName);
  const cases: Reference['cases'] = [];
  for (const pair of PAIRS) {
    const side = createPairSide(engine, pair, BATCH);
    const losses: Record<string, number>[] = [];
    for (let i = 0; i < STEPS; i++) losses.push(...(await side.read([side.step()])));
    side.dispose();
    cases.push({ pair, batchSize: BATCH, losses });
  }
  return { engine: engine.description, cases };
}
