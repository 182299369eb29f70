import type { PackageDifferences, TensorDifference, ValueDifference } from './package-diff.ts';

/** Number of differing values shown of a long list (two runs' provenance, a hundred labels); `--json` has all. */
const SHOWN = 12;

/** Text of `package diff`: the parts of the manifest, then each variant's tensors, changed ones first. */
export function differencesText({ a, b, identical, manifest, weights }: PackageDifferences): string {
  const title = `${a.name}@${a.version} and ${b.name}@${b.version}`;
  if (identical) return `${title}: the same content`;
  return [
    title,
    ...Object.entries(manifest).flatMap(([part, found]) => partLines(part, found)),
    ...Object.entries(weights).flatMap(([variant, found]) => tensorLines(variant, found)),
  ].join('\n');
}

function partLines(part: string, found: ValueDifference[]): string[] {
  const hidden = found.length - SHOWN;
  return [
    `${part}:`,
    ...found.slice(0, SHOWN).map(({ path, a, b }) => `  ${path.slice(part.length).replace(/^\./, '') || path}: ${text(a)} -> ${text(b)}`),
    ...(hidden > 0 ? [`  and ${hidden} more; --json lists them`] : []),
  ];
}

const text = (value: unknown): string => (value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value));

function tensorLines(variant: string, found: TensorDifference[]): string[] {
  const identical = found.filter(({ status }) => status === 'identical').length;
  const others = found.filter(({ status }) => status !== 'identical');
  return [
    `weights of ${variant}: ${identical} of ${found.length} tensors identical`,
    ...others.map((tensor) => `  ${tensor.name}: ${tensorText(tensor)}`),
  ];
}

function tensorText(tensor: TensorDifference): string {
  if (tensor.status === 'onlyInA') return 'only in the first';
  if (tensor.status === 'onlyInB') return 'only in the second';
  if (tensor.status === 'reshaped') return `[${tensor.a}] -> [${tensor.b}]`;
  if (tensor.status === 'changed')
    return `changed, ${tensor.changedValues} of ${tensor.values} values, largest difference ${tensor.largest.toPrecision(3)} (${(100 * tensor.relative).toPrecision(3)} % of the largest weight)`;
  return 'identical';
}
