/**
 * `npm run bench:integer`: an image on the integer kernels, on TensorFlow.js's WebAssembly (float32) and on the interpreter, by turns
 * in one process, one thread; and the share of a bare loop of `i32x4.dot_i16x8_s` that they reach, by network and by kind of node.
 * Weights are random: they decide no time.
 */
import { cpus } from 'node:os';
import { createIntegerWasmBackend, createInterpreterBackend, type IntegerWasmName } from '@sld-edge/runtime';
import { type Line } from '../pipeline/configuration/command-line.ts';
import { createWasmEngine } from '../pipeline/engines/wasm.ts';
import { freeze } from '../pipeline/networks/freeze.ts';
import { buildNetwork, networks } from '../pipeline/networks/index.ts';
import { multiplyAdds } from '../pipeline/networks/state.ts';
import { usualSize } from '../pipeline/networks/usual-size.ts';
import { writeGraphModel } from '../pipeline/packaging/graph-model.ts';
import { quantizeNetwork } from '../pipeline/quantization/integer/quantize-network.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { someNames, whole } from '../pipeline/support/value.ts';
import { openGraphModel } from '../pipeline/testing/open-graph-model.ts';
import { randomState } from '../pipeline/testing/random-state.ts';
import { wavePixels } from '../pipeline/testing/wave-pixels.ts';
import { benchSetting, runBench } from './command.ts';
import { bareLoop } from './integer/bare-loop.ts';
import { timeKinds, type KindTime } from './integer/kinds.ts';
import { timeThreads } from './integer/threads.ts';

const DEFAULT_NETWORKS = ['resnet8', 'resnet20', 'resnet8x4', 'MobileNetV2', 'ShuffleV2'];
const CIFAR_SIDE = 32;
const TURNS = 40;
const TURNS_OF_INTERPRETER = 3;
/** Processor time of a turn, at least: a call alone is too short to be measured. */
const LEAST_MS = 10;

const settings = {
  networks: { ...benchSetting, ...someNames(DEFAULT_NETWORKS, Object.keys(networks)), help: 'which to time' },
  threads: {
    ...benchSetting,
    ...whole(1, { from: 1, to: 16 }),
    help: 'more than 1: times so many threads on `wasm` beside one, by the clock, and nothing else',
  },
} as const satisfies SettingTable;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Least processor time of a call, in milliseconds: of so many calls one after the other as take 10 ms, once a turn. */
class Subject {
  least = Infinity;
  #calls = 1;
  readonly #compute: () => Promise<unknown>;

  constructor(compute: () => Promise<unknown>) {
    this.#compute = compute;
  }

  async turn(): Promise<void> {
    const started = process.cpuUsage();
    for (let i = 0; i < this.#calls; i++) await this.#compute();
    const { user, system } = process.cpuUsage(started);
    const perCall = (user + system) / 1000 / this.#calls;
    this.least = Math.min(this.least, perCall);
    this.#calls = Math.max(1, Math.round(LEAST_MS / perCall));
  }
}

/** A network's program of random weights, and an image for it. */
async function programOf(name: string) {
  const side = usualSize(name) ?? CIFAR_SIDE;
  const network = buildNetwork(name, { inputShape: { height: side, width: side, channels: 3 }, classes: 100 });
  const { tf } = await createWasmEngine();
  const frozen = freeze(network, randomState(network));
  const program = await quantizeNetwork(tf, frozen, {
    pixels: wavePixels(network, 4, 1),
    scale: { factor: [0.015, 0.015, 0.015], offset: [-2, -2, -2] },
  });
  return { side, network, tf, frozen, program, pixels: wavePixels(network, 1, 2) };
}

async function runThreads(names: readonly string[], threads: number): Promise<void> {
  say(`${cpus().length} x ${cpus()[0].model}, Node ${process.version}; ms an image by the clock, least and median of ${TURNS} turns`);
  say(`network | pixels | 1 thread | ${threads} threads | ratio of the least`);
  for (const name of names) {
    const { side, program, pixels } = await programOf(name);
    const { one, many } = await timeThreads(program, pixels, threads, TURNS);
    const ms = (times: number[]): string => times.map((time) => time.toFixed(3)).join(' / ');
    say([name, side, ms(one), ms(many), (one[0] / many[0]).toFixed(2)].join(' | '));
  }
}

async function run({ values }: Line<typeof settings>): Promise<void> {
  if (values.threads > 1) return runThreads(values.networks, values.threads);
  const bare = bareLoop();
  let peak = 0;
  const ofPeak = (rate: number): string => `${rate.toFixed(1)} | ${Math.round((100 * rate) / peak)} %`;
  const kindsOf = new Map<string, KindTime[]>();
  say(`${cpus()[0].model}, Node ${process.version}, one thread; processor ms an image, minima of ${TURNS} turns`);
  say(
    'network | pixels | wasm | wasm-relaxed | tfjs-wasm | interpreter | tfjs-wasm / wasm | interpreter / wasm | 10^9 multiply-adds a second | of a bare dot loop',
  );
  for (const name of values.networks) {
    const { side, network, tf, frozen, program, pixels } = await programOf(name);
    const kernelsOf = (backend: IntegerWasmName) =>
      createIntegerWasmBackend(backend)
        .loadProgram(program)
        .then((loaded) => new Subject(() => loaded.integerLogits(pixels)))
        .catch(() => undefined);
    const reference = await createInterpreterBackend().loadProgram(program);
    const graph = await openGraphModel(tf as unknown as Parameters<typeof openGraphModel>[0], writeGraphModel(frozen, 'float32'));
    const input = tf.tensor4d(
      Float32Array.from(pixels, (level) => 0.015 * level - 2),
      [1, side, side, 3],
    );
    const [simd, relaxed] = [await kernelsOf('wasm'), await kernelsOf('wasm-relaxed')];
    const tfjs = new Subject(async () => {
      const output = graph.predict(input) as typeof input;
      await output.data();
      output.dispose();
    });
    const interpreter = new Subject(() => reference.integerLogits(pixels));
    for (let turn = 0; turn < TURNS; turn++) {
      peak = Math.max(peak, bare());
      for (const subject of [simd, relaxed, tfjs, ...(turn < TURNS_OF_INTERPRETER ? [interpreter] : [])]) await subject?.turn();
    }
    input.dispose();
    kindsOf.set(name, await timeKinds(program, pixels, TURNS));
    const own = simd?.least ?? NaN;
    const ms = (subject: Subject | undefined): string => subject?.least.toFixed(3) ?? '–';
    say(
      [
        name,
        side,
        ...[simd, relaxed, tfjs, interpreter].map(ms),
        (tfjs.least / own).toFixed(2),
        (interpreter.least / own).toFixed(1),
        ofPeak(multiplyAdds(network) / own / 1e6),
      ].join(' | '),
    );
  }
  say(`\nBy kind of node, on wasm; a bare dot loop does ${peak.toFixed(1)} · 10^9 multiply-adds a second`);
  say('network | kind | ms | of the time | 10^9 multiply-adds a second | of a bare dot loop');
  for (const [name, kinds] of kindsOf) {
    const all = kinds.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    for (const { kind, milliseconds, multiplyAdds } of kinds) {
      const rate = multiplyAdds > 0 ? ofPeak(multiplyAdds / milliseconds / 1e6) : '– | –';
      say([name, kind, milliseconds.toFixed(4), `${Math.round((100 * milliseconds) / all)} %`, rate].join(' | '));
    }
  }
}

await runBench({
  name: 'bench:integer',
  summary: "Times networks' integer programs on the kernels, beside TensorFlow.js's WebAssembly and the interpreter.",
  settings,
  run,
});
