/**
 * Compares two variants of a package: on how many of its golden images do they say the same?
 *
 *     npx tsx examples/agreement.ts models/fashion-mnist/46b45e4aa5f1 float32 integer
 */
import { loadPackage, type VariantName } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';

const [folder, ...names] = process.argv.slice(2);
if (!folder || names.length !== 2)
  throw new Error('expected a package and two of its variants: npx tsx examples/agreement.ts PACKAGE float32 integer');

const packages = await Promise.all(names.map((variant) => loadPackage(readFolder(folder), { variant: variant as VariantName })));
const [{ goldens, manifest }] = packages;
const answers = packages.map(({ goldenOutputs }) =>
  Array.from({ length: goldens.count }, (_, i) => {
    const row = goldenOutputs.subarray(i * manifest.labels.length, (i + 1) * manifest.labels.length);
    return row.indexOf(Math.max(...row));
  }),
);
const same = answers[0].filter((answer, i) => answer === answers[1][i]).length;
console.log(`${names[0]} and ${names[1]} agree on ${same} of ${goldens.count} golden images`);
