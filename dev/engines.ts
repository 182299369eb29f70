/**
 * `npm run dev:engines -- --engine webgpu`: does an engine train as another does? The gradients of every registered network
 * (those that differ from a smaller one in width alone left out), then the losses of a training's first steps.
 */
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { oneName, optional, someNames, whole } from '../pipeline/support/value.ts';
import { startEngine } from '../pipeline/engines/start-engine.ts';
import { engineNames } from '../pipeline/engines/engine.ts';
import type { Network } from '../pipeline/networks/index.ts';
import { smallNetworks } from '../pipeline/testing/small-networks.ts';
import { benchSetting, runBench } from '../bench/command.ts';
import { gradientAgreement, type GradientAgreement } from './engines/gradients.ts';
import { lossCurve } from './engines/loss-curve.ts';

const GRADIENT_TOLERANCE = 1e-4;
/** Rounding differences grow with each update: twice what WASM and TensorFlow differ by after 100 of them, 9.5e-3. */
const LOSS_TOLERANCE = 2e-2;
const TRIES = 6;
/** Values that each batch norm has at least with every other set of images: over fewer, rounding errors grow from layer to layer (docs/engines.md). */
const VALUES_PER_BATCH_NORM = 128;
const SMALLEST_BATCH = 8;

function batchesFor({ nodes }: Network): number[] {
  const areas = nodes.flatMap(({ op, shape }) => (op === 'batchNorm' ? [shape[0] * shape[1]] : []));
  return [...new Set([Math.ceil(VALUES_PER_BATCH_NORM / Math.min(...areas)), 0].map((batch) => Math.max(SMALLEST_BATCH, batch)))];
}

const names = smallNetworks().map(([name]) => name);

const settings = {
  engine: { ...benchSetting, ...oneName('webgpu', ['auto', ...engineNames]), help: 'the engine that is checked' },
  against: { ...benchSetting, ...oneName('tensorflow', ['auto', ...engineNames]), help: 'the engine that it is compared with' },
  networks: {
    ...benchSetting,
    ...optional(someNames([], names)),
    help: 'whose gradients are compared; without it, all but those that differ in width alone',
  },
  steps: { ...benchSetting, ...whole(100, { from: 0 }), help: 'training steps whose losses are compared; 0: none' },
  ...jsonSetting,
} as const satisfies SettingTable;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const { steps, networks: wanted } = values;
  const all = smallNetworks();

  const reference = await startEngine(values.against);
  const engine = await startEngine(values.engine);
  const gradients: GradientAgreement[] = [];
  for (const [name, network] of all) {
    if (wanted && !wanted.includes(name)) continue;
    const found = await gradientAgreement(engine, reference, network, {
      batches: batchesFor(network),
      tolerance: GRADIENT_TOLERANCE,
      tries: TRIES,
    });
    gradients.push(found);
    say(
      `${name.padEnd(28)} ${found.error.toExponential(1)}  ${found.error < GRADIENT_TOLERANCE ? 'ok  ' : 'FAIL'}  ${found.tried} of at most ${TRIES} sets of images${found.raised ? ', offsets raised' : ''}, ${found.parameter}`,
    );
  }
  let curve: { error: number; expected: number[]; actual: number[] } | undefined;
  if (steps > 0) {
    const expected = await lossCurve(reference, steps);
    const actual = await lossCurve(engine, steps);
    const errors = actual.map((loss, i) => Math.abs(loss / expected[i] - 1));
    curve = { error: errors.some(Number.isNaN) ? NaN : Math.max(...errors), expected, actual };
    const until = (count: number): string => Math.max(...errors.slice(0, count)).toExponential(1);
    say(
      `losses of ${steps} steps: largest relative difference ${until(10)} in the first 10, ${until(steps)} in all; ${curve.error < LOSS_TOLERANCE ? 'ok' : 'FAIL'}`,
    );
  }
  if (values.json) console.log(JSON.stringify({ engine: engine.description, against: reference.description, gradients, curve }));
  return gradients.every(({ error }) => error < GRADIENT_TOLERANCE) && (!curve || curve.error < LOSS_TOLERANCE);
}

await runBench({
  name: 'dev:engines',
  summary: 'Does an engine train as another does? Gradients of every network, and the losses of a first few steps.',
  settings,
  run,
});
