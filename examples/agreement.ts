/**
 * Compares two variants of a package: on how many of its golden images do they say the same?
 *
 *     npx tsx examples/agreement.ts models/fashion-mnist/c0867844ddaa float32 integer
 */
import { loadPackage } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';

const [folder, ...names] = process.argv.slice(2);
if (!folder || names.length !== 2) throw new Error('expected a package and two of its variants: npx tsx examples/agreement.ts PACKAGE float32 integer');

const { goldens } = await loadPackage(readFolder(folder));
const largest = (logits: number[]): number => logits.indexOf(Math.max(...logits));
const answers = names.map((name) => {
  const logits = name === 'integer' ? goldens.integer?.logits : goldens.logits[name as keyof typeof goldens.logits];
  if (!logits) throw new Error(`the package has no variant ${name}`);
  return logits.map(largest);
});
const same = answers[0].filter((answer, i) => answer === answers[1][i]).length;
console.log(`${names[0]} and ${names[1]} agree on ${same} of ${goldens.count} golden images`);
