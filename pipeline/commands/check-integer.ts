/** `npm run check:integer`: random integer programs, kernels against the interpreter. */
import { INTEGER_WASM_NAMES } from '@sld-edge/runtime';
import type { Line } from '../configuration/command-line.ts';
import { checkIntegerPrograms, type KernelBackend } from '../evaluation/check-integer.ts';
import { createProgress } from '../support/progress.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { oneName, whole } from '../support/value.ts';

const BACKENDS: readonly KernelBackend[] = [...INTEGER_WASM_NAMES, 'webgpu'];

export const summary =
  'Compares the kernels of integer programs with the interpreter on random programs: every node, every logit, for equality.';

export const settings = {
  seed: { ...whole(1, { from: 0 }), help: 'of the first program; the others follow', group: 'run', decides: 'nothing' },
  programs: { ...whole(300, { from: 1 }), help: 'how many', group: 'run', decides: 'nothing' },
  backend: {
    ...oneName<KernelBackend>('wasm', BACKENDS),
    help: `what is compared with the interpreter: ${BACKENDS.join(', ')}`,
    group: 'run',
    decides: 'nothing',
  },
  threads: { ...whole(1, { from: 1, to: 16 }), help: 'compute each program together', group: 'run', decides: 'nothing' },
} as const satisfies SettingTable;

export async function run({ values: { seed, programs, backend, threads } }: Line<typeof settings>): Promise<object> {
  const progress = createProgress('check:integer');
  const onProgram = (done: number): void => progress.update(done / programs, `${done} programs`);
  const found = await checkIntegerPrograms(backend, seed, programs, { threads, onProgram });
  progress.done();
  found.differences.forEach((difference) => say(difference));
  say(found.description);
  say(`${programs} programs, ${found.differences.length} differ`);
  return found;
}
