/**
 * `npm run bench:onnx`: processor time of an image by ONNX Runtime, one thread, of a network's float32 model and of its int8 model
 * (QDQ), by turns in one process. Weights are random: they decide no time.
 */
import { cpus } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Line } from '../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../pipeline/support/setting.ts';
import { someNames } from '../pipeline/support/value.ts';
import { createWasmEngine } from '../pipeline/engines/wasm.ts';
import { freeze } from '../pipeline/networks/freeze.ts';
import { buildNetwork, networks, type Network } from '../pipeline/networks/index.ts';
import { writeInt8OnnxModel } from '../pipeline/packaging/onnx-int8-model.ts';
import { writeOnnxModel } from '../pipeline/packaging/onnx-model.ts';
import { quantizeNetwork } from '../pipeline/quantization/integer/quantize-network.ts';
import { onnxDescription } from '../pipeline/testing/open-onnx-model.ts';
import { randomState } from '../pipeline/testing/random-state.ts';
import { wavePixels } from '../pipeline/testing/wave-pixels.ts';
import { benchSetting, runBench } from './command.ts';

const DEFAULT_NETWORKS = ['resnet20', 'resnet8x4', 'MobileNetV2', 'ShuffleV2'];
const BATCHES = [1, 64];
const CALIBRATION = 4;
/** Runs of each model, after one that does not count; each computes about `IMAGES` images. */
const TURNS = 9;
const IMAGES = 64;

const settings = {
  networks: { ...benchSetting, ...someNames(DEFAULT_NETWORKS, Object.keys(networks)), help: 'which to time' },
} as const satisfies SettingTable;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run({ values }: Line<typeof settings>): Promise<void> {
  const names = values.networks;
  say(
    `${cpus()[0].model}, Node ${process.version}, ONNX Runtime on one thread, 32 x 32 pixels; ms of processor time an image, medians of ${TURNS} turns`,
  );
  say('network | batch | float32 | int8 | float32 / int8 (lowest to highest turn) | bytes float32, int8');
  for (const name of names) {
    const [float32, int8] = await modelsOf(buildNetwork(name, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 100 }));
    const sessions = await Promise.all(
      [float32, int8].map((model) =>
        InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 }),
      ),
    );
    for (const batch of BATCHES) {
      const [floats, integers] = await byTurns(sessions, batch);
      const ratios = floats.map((time, i) => time / integers[i]).sort((a, b) => a - b);
      say(
        `${name} | ${batch} | ${median(floats).toFixed(3)} | ${median(integers).toFixed(3)} | ${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)} to ${ratios.at(-1)!.toFixed(2)}) | ${float32.length}, ${int8.length}`,
      );
    }
    for (const session of sessions) await session.release();
  }
}

async function modelsOf(network: Network): Promise<[float32: Uint8Array, int8: Uint8Array]> {
  const { tf } = await createWasmEngine();
  const frozen = freeze(network, randomState(network));
  const scale = { factor: [0.015, 0.015, 0.015], offset: [-2, -2, -2] };
  const program = await quantizeNetwork(tf, frozen, { pixels: wavePixels(network, CALIBRATION, 1), scale });
  return [writeOnnxModel(frozen, onnxDescription(network)), writeInt8OnnxModel(program, onnxDescription(network))];
}

/** @returns ms of processor time an image, of each session, turn by turn */
async function byTurns(sessions: InferenceSession[], batch: number): Promise<[number[], number[]]> {
  const input = new Tensor(
    'float32',
    Float32Array.from({ length: batch * 3 * 32 * 32 }, (_, i) => Math.sin(i)),
    [batch, 3, 32, 32],
  );
  const times: [number[], number[]] = [[], []];
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const [i, session] of sessions.entries()) {
      const started = process.cpuUsage();
      for (let done = 0; done < IMAGES; done += batch) (await session.run({ input })).logits.dispose();
      const { user, system } = process.cpuUsage(started);
      if (turn > 0) times[i].push((user + system) / 1000 / IMAGES);
    }
  }
  return times;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

await runBench({ name: 'bench:onnx', summary: "Times ONNX Runtime on networks' float32 and int8 models.", settings, run });
