/** A network's models for every runtime of the page, as files. Weights are random: they decide no time. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIntegerWasmBackend } from '@sld-edge/runtime';
import { writeIntegerProgram, type IntegerProgram } from '@sld-edge/runtime/integer';
import { createWasmEngine } from '../../pipeline/engines/wasm.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { buildNetwork } from '../../pipeline/networks/index.ts';
import { multiplyAdds } from '../../pipeline/networks/state.ts';
import { writeGraphModel } from '../../pipeline/packaging/graph-model.ts';
import { writeInt8LiteRtModel } from '../../pipeline/packaging/litert-int8-model.ts';
import { writeLiteRtModel } from '../../pipeline/packaging/litert-model.ts';
import { writeInt8OnnxModel } from '../../pipeline/packaging/onnx-int8-model.ts';
import { writeOnnxModel } from '../../pipeline/packaging/onnx-model.ts';
import { quantizeNetwork } from '../../pipeline/quantization/integer/quantize-network.ts';
import { onnxDescription } from '../../pipeline/testing/open-onnx-model.ts';
import { randomState } from '../../pipeline/testing/random-state.ts';
import { wavePixels } from '../../pipeline/testing/wave-pixels.ts';
import { BENCHED_NETWORKS, type BenchedNetworkName } from './networks.ts';

const SCALE = { factor: 0.015, offset: -2 };
const CALIBRATION = 4;

export interface WrittenModels {
  multiplyAdds: number;
  /** Bytes of each file. */
  bytes: Record<string, number>;
}

/** @param folder made here */
export async function writeModels(name: BenchedNetworkName, folder: string): Promise<WrittenModels> {
  const { size, channels, classes } = BENCHED_NETWORKS[name];
  const network = buildNetwork(name, { inputShape: { height: size, width: size, channels }, classes });
  const { tf } = await createWasmEngine();
  const frozen = freeze(network, randomState(network));
  const perChannel = (value: number): number[] => new Array<number>(channels).fill(value);
  const calibration = wavePixels(network, CALIBRATION, 1);
  const program = await quantizeNetwork(tf, frozen, {
    pixels: calibration,
    scale: { factor: perChannel(SCALE.factor), offset: perChannel(SCALE.offset) },
  });
  const description = onnxDescription(network);
  const { json, weights } = await writeIntegerProgram(program);
  const graph = writeGraphModel(frozen, 'float32');
  const files: Record<string, string | Uint8Array> = {
    'about.json': JSON.stringify({ size, channels, scale: SCALE }),
    'pixels.bin': wavePixels(network, 1, 2),
    'program.json': JSON.stringify(json),
    'program.bin': weights,
    'graph.json': JSON.stringify(graph.modelJson),
    'graph.bin': Buffer.concat(graph.shards.map(({ bytes }) => bytes)),
    'model.onnx': writeOnnxModel(frozen, description),
    'model-int8.onnx': writeInt8OnnxModel(program, description),
    'model.tflite': writeLiteRtModel(frozen, description),
    'model-int8.tflite': writeInt8LiteRtModel(program, description, { logits: await logitRange(program, calibration) }),
  };
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  return {
    multiplyAdds: multiplyAdds(network),
    bytes: Object.fromEntries(Object.entries(files).map(([file, content]) => [file, Buffer.byteLength(content)])),
  };
}

/** Least and largest logit on calibration images. */
async function logitRange(program: IntegerProgram, pixels: Uint8Array): Promise<{ min: number; max: number }> {
  const network = await createIntegerWasmBackend('wasm').loadProgram(program);
  const { scale } = program.nodes.at(-1)!;
  const logits = Array.from(await network.integerLogits(pixels), (logit) => logit * scale);
  return { min: Math.min(...logits), max: Math.max(...logits) };
}
