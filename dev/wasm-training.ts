/**
 * `npm run dev:wasm`: the floating-point rate of whole training steps on the `wasm` engine, one thread, beside the rate at
 * which XNNPACK convolves forward on this machine, and where the time goes. Figures and what they mean: docs/measurements.md.
 */
import { availableParallelism, cpus } from 'node:os';
import { type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { someNames, toggle, whole } from '../pipeline/support/value.ts';
import { createWasmEngine } from '../pipeline/engines/wasm.ts';
import { buildNetwork, networks } from '../pipeline/networks/index.ts';
import { benchSetting, runBench } from '../bench/command.ts';
import { timeKernels } from './wasm/kernel-times.ts';
import { convolutionRate, stepOperations, stepRunner } from './wasm/rates.ts';

const DEFAULT_NETWORKS = ['resnet8', 'resnet20', 'resnet8x4', 'MobileNetV2', 'ShuffleV1', 'ShuffleV2', 'vit_micro_patch4_32'];
const REFERENCE_NETWORKS = ['resnet20', 'resnet8x4'];
/** Smallest share of the convolution rate that a convolutional network's step must reach. */
const BAR = 1 / 4;
const SHOWN_SHARE = 0.01;

const settings = {
  networks: { ...benchSetting, ...someNames(DEFAULT_NETWORKS, Object.keys(networks)), help: 'which to time' },
  steps: { ...benchSetting, ...whole(5, { from: 1 }), help: 'timed steps of each' },
  batch: { ...benchSetting, ...whole(64, { from: 1 }), help: 'images in a step' },
  kernels: { ...benchSetting, ...toggle(false), help: 'how long each kernel takes, too' },
} as const satisfies SettingTable;

async function run({ values }: Line<typeof settings>): Promise<void> {
  const { networks: names, steps, batch } = values;

  const engine = await createWasmEngine();
  const build = (name: string) => buildNetwork(name, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 100 });
  const reference = (): number =>
    REFERENCE_NETWORKS.reduce((sum, name) => sum + convolutionRate(engine, build(name), batch, 3), 0) / REFERENCE_NETWORKS.length;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say(
    `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}; ${engine.description}; batch ${batch}, 32 x 32 pixels`,
  );
  say('GFLOP/s by processor time: XNNPACK forward (of ResNet-20 and ResNet8x4, before and after the steps) | step | share | ms a step');
  const kernels = values.kernels ? timeKernels(engine.tf) : undefined;
  for (const name of names) {
    const network = build(name);
    const runner = stepRunner(engine, network, batch);
    await runner.run(2);
    const before = reference();
    kernels?.reset();
    const seconds = await runner.run(steps);
    const taken = new Map(kernels?.ms);
    const rate = (before + reference()) / 2;
    runner.dispose();
    const own = stepOperations(network, batch) / seconds / 1e9;
    const convolutional = network.nodes.some(({ op }) => op === 'batchNorm');
    say(
      `${name.padEnd(22)} ${rate.toFixed(1)} | ${own.toFixed(1)} | ${(own / rate).toFixed(2)}${convolutional ? (own / rate >= BAR ? ', the bar of 0.25 is reached' : ', BELOW the bar of 0.25') : ''} | ${(1000 * seconds).toFixed(0)}`,
    );
    const rest = 1000 * seconds - [...taken.values()].reduce((sum, ms) => sum + ms / steps, 0);
    const rows = [...taken].map(([kernel, ms]): [string, number] => [kernel, ms / steps]).sort((a, b) => b[1] - a[1]);
    if (kernels)
      for (const [kernel, ms] of [...rows, ['JavaScript (and noise)', rest] as const])
        if (ms > SHOWN_SHARE * 1000 * seconds) say(`    ${kernel.padEnd(36)} ${ms.toFixed(1)} ms`);
  }
}

await runBench({ name: 'dev:wasm', summary: "Times training steps on the wasm engine against the machine's convolutions.", settings, run });
