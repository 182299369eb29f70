/**
 * `npm run check:engine -- --engine webgpu`: does an engine train as another does? The gradients of every registered network
 * (those that differ from a smaller one in width alone left out), then the losses of a training's first steps.
 */
import { parseArgs } from 'node:util';
import { startEngine } from '../pipeline/commands/start-engine.ts';
import type { Network } from '../pipeline/networks/index.ts';
import { smallNetworks } from '../pipeline/testing/small-networks.ts';
import { gradientAgreement, type GradientAgreement } from './engines/gradients.ts';
import { lossCurve } from './engines/loss-curve.ts';

const GRADIENT_TOLERANCE = 1e-4;
/** Rounding differences grow with each update: twice what WASM and TensorFlow differ by after 100 of them, 9.5e-3. */
const LOSS_TOLERANCE = 2e-2;
const TRIES = 6;
/** Values that each batch norm has at least: over fewer, rounding errors grow from layer to layer (docs/engines.md). */
const VALUES_PER_BATCH_NORM = 128;
const SMALLEST_BATCH = 8;

function batchFor({ nodes }: Network): number {
  const areas = nodes.flatMap(({ op, shape }) => (op === 'batchNorm' ? [shape[0] * shape[1]] : []));
  return Math.max(SMALLEST_BATCH, Math.ceil(VALUES_PER_BATCH_NORM / Math.min(...areas)));
}

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'webgpu' },
    against: { type: 'string', default: 'tensorflow' },
    networks: { type: 'string' },
    steps: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 0) {
  say(`error: --steps expects a whole number, 0 for none, got "${values.steps}"`);
  process.exit(2);
}
const all = smallNetworks();
const unknown = values.networks?.split(',').find((name) => !all.some(([known]) => known === name));
if (values.networks && unknown !== undefined) {
  say(`error: --networks: no network "${unknown}"; allowed: ${all.map(([name]) => name).join(', ')}`);
  process.exit(2);
}

const reference = await startEngine(values.against);
const engine = await startEngine(values.engine);
const gradients: GradientAgreement[] = [];
for (const [name, network] of all) {
  if (values.networks && !values.networks.split(',').includes(name)) continue;
  const found = await gradientAgreement(engine, reference, network, { batch: batchFor(network), tolerance: GRADIENT_TOLERANCE, tries: TRIES });
  gradients.push(found);
  say(`${name.padEnd(28)} ${found.error.toExponential(1)}  ${found.error < GRADIENT_TOLERANCE ? 'ok  ' : 'FAIL'}  ${found.tried} of at most ${TRIES} sets of images${found.raised ? ', offsets raised' : ''}, ${found.parameter}`);
}
let curve: { error: number; expected: number[]; actual: number[] } | undefined;
if (steps > 0) {
  const expected = await lossCurve(reference, steps);
  const actual = await lossCurve(engine, steps);
  const errors = actual.map((loss, i) => Math.abs(loss / expected[i] - 1));
  curve = { error: errors.some(Number.isNaN) ? NaN : Math.max(...errors), expected, actual };
  const until = (count: number): string => Math.max(...errors.slice(0, count)).toExponential(1);
  say(`losses of ${steps} steps: largest relative difference ${until(10)} in the first 10, ${until(steps)} in all; ${curve.error < LOSS_TOLERANCE ? 'ok' : 'FAIL'}`);
}
if (values.json) console.log(JSON.stringify({ engine: engine.description, against: reference.description, gradients, curve }));
process.exit(gradients.every(({ error }) => error < GRADIENT_TOLERANCE) && (!curve || curve.error < LOSS_TOLERANCE) ? 0 : 1);
