/**
 * `npm run bench:integer`: an image on the integer kernels, on TensorFlow.js's WebAssembly (float32) and on the interpreter, by turns
 * in one process, one thread; and the share of a bare loop of `i32x4.dot_i16x8_s` that they reach. Weights are random: they decide no time.
 */
import { cpus } from 'node:os';
import { createIntegerWasmBackend, createInterpreterBackend, type IntegerWasmName } from '@sld-edge/runtime';
import { assemble, FunctionBuilder, i32, vector } from '@sld-edge/runtime/integer';
import { type Line } from '../pipeline/configuration/command-line.ts';
import { createWasmEngine } from '../pipeline/engines/wasm.ts';
import { freeze } from '../pipeline/networks/freeze.ts';
import { buildNetwork, networks } from '../pipeline/networks/index.ts';
import { multiplyAdds } from '../pipeline/networks/state.ts';
import { writeGraphModel } from '../pipeline/packaging/graph-model.ts';
import { quantizeNetwork } from '../pipeline/quantization/integer/quantize-network.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { someNames } from '../pipeline/support/value.ts';
import { openGraphModel } from '../pipeline/testing/open-graph-model.ts';
import { randomState } from '../pipeline/testing/random-state.ts';
import { wavePixels } from '../pipeline/testing/wave-pixels.ts';
import { benchSetting, runBench } from './command.ts';

const DEFAULT_NETWORKS = ['resnet8', 'resnet20', 'resnet8x4', 'MobileNetV2', 'ShuffleV2'];
const TURNS = 40;

const settings = {
  networks: { ...benchSetting, ...someNames(DEFAULT_NETWORKS, Object.keys(networks)), help: 'which to time' },
} as const satisfies SettingTable;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Multiplications and additions a second of dot products of registers alone, eight sums at a time: what no kernel can exceed. */
function bareLoop(): () => number {
  const loop = new FunctionBuilder({ turns: 'i32' });
  const sums = Array.from({ length: 8 }, () => loop.local('v128'));
  const pixels = Array.from({ length: 4 }, () => loop.local('v128'));
  const weights = Array.from({ length: 2 }, () => loop.local('v128'));
  loop.body = [
    ...FunctionBuilder.times(loop.local('i32'), loop.parameters.turns.get, [
      // Other weights every turn, or the product would be computed once.
      ...weights.flatMap((value) => value.set(vector.add32(value.get, pixels[0].get))),
      ...sums.flatMap((sum, i) => sum.set(vector.add32(sum.get, vector.dot16(pixels[i % 4].get, weights[i >> 2].get)))),
    ]),
    ...sums.flatMap((sum) => vector.store(i32.constant(0), sum.get)),
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble({ loop })), {
    host: { memory: new WebAssembly.Memory({ initial: 1 }) },
  });
  const turns = 200_000;
  return () => {
    const started = performance.now();
    (exports.loop as (turns: number) => void)(turns);
    return (turns * 8 * 8) / (performance.now() - started) / 1e6;
  };
}

async function run({ values }: Line<typeof settings>): Promise<void> {
  const bare = bareLoop();
  say(`${cpus()[0].model}, Node ${process.version}, one thread, 32 x 32 pixels; ms an image, minima of ${TURNS} turns`);
  say(
    'network | wasm | wasm-relaxed | tfjs-wasm | interpreter | tfjs-wasm / wasm | interpreter / wasm | 10^9 multiply-adds a second | of a bare dot loop',
  );
  for (const name of values.networks) {
    const network = buildNetwork(name, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 100 });
    const { tf } = await createWasmEngine();
    const frozen = freeze(network, randomState(network));
    const program = await quantizeNetwork(tf, frozen, {
      pixels: wavePixels(network, 4, 1),
      scale: { factor: [0.015, 0.015, 0.015], offset: [-2, -2, -2] },
    });
    const pixels = wavePixels(network, 1, 2);
    const kernelsOf = (backend: IntegerWasmName) =>
      createIntegerWasmBackend(backend)
        .loadProgram(program)
        .catch(() => undefined);
    const [simd, relaxed, interpreter, graph] = [
      await kernelsOf('wasm'),
      await kernelsOf('wasm-relaxed'),
      await createInterpreterBackend().loadProgram(program),
      await openGraphModel(tf as unknown as Parameters<typeof openGraphModel>[0], writeGraphModel(frozen, 'float32')),
    ];
    const input = tf.tensor4d(
      Float32Array.from(pixels, (level) => 0.015 * level - 2),
      [1, 32, 32, 3],
    );
    const subjects = {
      simd: simd && (() => simd.integerLogits(pixels)),
      relaxed: relaxed && (() => relaxed.integerLogits(pixels)),
      tfjs: async () => {
        const output = graph.predict(input) as typeof input;
        await output.data();
        output.dispose();
      },
      interpreter: () => interpreter.integerLogits(pixels),
    };
    const best: Record<string, number> = {};
    let peak = 0;
    for (let turn = 0; turn < TURNS; turn++) {
      peak = Math.max(peak, bare());
      for (const [subject, compute] of Object.entries(subjects)) {
        if (!compute || (subject === 'interpreter' && turn >= 5)) continue;
        const started = performance.now();
        await compute();
        best[subject] = Math.min(best[subject] ?? Infinity, performance.now() - started);
      }
    }
    const rate = multiplyAdds(network) / best.simd / 1e6;
    const ms = (value: number | undefined): string => value?.toFixed(3) ?? '–';
    say(
      [
        name,
        ms(best.simd),
        ms(best.relaxed),
        ms(best.tfjs),
        ms(best.interpreter),
        (best.tfjs / best.simd).toFixed(2),
        (best.interpreter / best.simd).toFixed(1),
        rate.toFixed(1),
        `${Math.round((100 * rate) / peak)} %`,
      ].join(' | '),
    );
  }
}

await runBench({
  name: 'bench:integer',
  summary: "Times networks' integer programs on the kernels, beside TensorFlow.js's WebAssembly and the interpreter.",
  settings,
  run,
});
