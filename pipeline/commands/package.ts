/** `npm run package`: a finished run's student, or weights that somebody has, become a package. What can be done with one: `package-inspect.ts`, `package-verify.ts`, `package-diff.ts`, `package-export.ts`. */
import { UsageError } from '../support/usage-error.ts';
import { packageStudent } from './package/of-student.ts';
import { packageWeights } from './package/of-weights.ts';
import { packageCommandSettings, type PackageLine } from './package/settings.ts';

export const summary =
  "Freezes, quantizes, measures and packages a run's student (runs/<run>/student.safetensors), or weights that somebody has (--from), without training. Of packages: package inspect DIR, package verify DIR, package diff A B, package export PACKAGE.";

export const settings = packageCommandSettings;

/** @throws UsageError unless one of both is named */
export async function run(line: PackageLine): Promise<object> {
  const { student, from } = line.values;
  if ((student === undefined) === (from === undefined))
    throw new UsageError("package expects --student FILE, a run's, or --from NAME or PATH, weights that somebody has");
  return student === undefined ? packageWeights(from!, line) : packageStudent(student, line);
}
