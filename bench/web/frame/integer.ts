/** Our integer kernels, by the name of their backend. */
import { createIntegerWasmBackend, type IntegerWasmName } from '@sld-edge/runtime';
import { readIntegerProgram } from '@sld-edge/runtime/integer';
import { fetchBytes, fetchJson, type OpenSubject } from './subject.ts';

export const openInteger =
  (backend: IntegerWasmName): OpenSubject =>
  async ({ folder, pixels }) => {
    const program = await readIntegerProgram(await fetchJson(`${folder}program.json`), await fetchBytes(`${folder}program.bin`));
    const network = await createIntegerWasmBackend(backend).loadProgram(program);
    const { scale } = program.nodes.at(-1)!;
    return async () => Float32Array.from(await network.integerLogits(pixels), (logit) => logit * scale);
  };
