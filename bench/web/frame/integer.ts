/** Our integer kernels, by the name of their backend. */
import { createIntegerWasmBackend, type IntegerWasmName } from '@sld-edge/runtime';
import { readIntegerProgram, type KernelThread } from '@sld-edge/runtime/integer';
import { fetchBytes, fetchJson, type OpenSubject } from './subject.ts';

export const openInteger =
  (backend: IntegerWasmName): OpenSubject =>
  async ({ folder, pixels, threads }) => {
    const program = await readIntegerProgram(await fetchJson(`${folder}program.json`), await fetchBytes(`${folder}program.bin`));
    const network = await createIntegerWasmBackend(backend, { threads: { count: threads, start, onLost } }).loadProgram(program);
    const { scale } = program.nodes.at(-1)!;
    return async () => Float32Array.from(await network.integerLogits(pixels), (logit) => logit * scale);
  };

function start(): KernelThread {
  const worker = new Worker(new URL('kernel-worker.js', location.href), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = ({ message }) => onEnd(message);
    },
    end: () => worker.terminate(),
  };
}

/** One thread in the place of several would be timed under a wrong name. */
function onLost(reason: string): never {
  throw new Error(reason);
}
