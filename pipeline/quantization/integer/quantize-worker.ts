import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../../engines/index.ts';
import { wasmHandle } from '../../engines/wasm.ts';
import type { QuantizeJob } from './quantize-in-thread.ts';
import { quantizeNetwork } from './quantize-network.ts';

const { frozen, calibration, options } = (workerData as { data: QuantizeJob }).data;
const { tf } = await createEngine(wasmHandle);
parentPort!.postMessage(quantizeNetwork(tf, frozen, calibration, options));
