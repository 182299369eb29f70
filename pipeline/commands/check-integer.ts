/** `npm run check:integer`: random integer programs, kernels against the interpreter. */
import type { IntegerWasmName } from '@sld-edge/runtime';
import { createProgress } from '../support/progress.ts';
import { checkIntegerPrograms } from '../evaluation/check-integer.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { say } from '../support/say.ts';

const BACKENDS: readonly string[] = ['wasm', 'wasm-relaxed'] satisfies IntegerWasmName[];

export const summary = 'Holds the kernels of integer programs against the interpreter on random programs: every node, every logit, for equality.';

export const flags: Flags = {
  seed: { type: 'string', help: 'of the first program; the others follow (default 1)' },
  programs: { type: 'string', help: 'how many (default 300)' },
  backend: { type: 'string', help: `${BACKENDS.join(' or ')} (default wasm)` },
};

function countOf(values: FlagValues, name: string, otherwise: number, least: number): number {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`check:integer expects --${name} as a whole number from ${least} on, got ${values[name] as string}`);
  return value;
}

export async function run(values: FlagValues): Promise<object> {
  const backend = (values.backend as string | undefined) ?? 'wasm';
  if (!BACKENDS.includes(backend)) throw new UsageError(`check:integer expects --backend ${BACKENDS.join(' or ')}, got ${backend}`);
  const [seed, programs] = [countOf(values, 'seed', 1, 0), countOf(values, 'programs', 300, 1)];
  const progress = createProgress('check:integer');
  const found = await checkIntegerPrograms(backend as IntegerWasmName, seed, programs, (done) => progress.update(done / programs, `${done} programs`));
  progress.done();
  found.differences.forEach((difference) => say(difference));
  say(`${programs} programs, ${found.differences.length} differ`);
  return found;
}
