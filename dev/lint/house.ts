/** `npm run lint`: counts the arrows between the folders of `pipeline/` and the names that two files export; fails on what its rules forbid. */
import { fileURLToPath } from 'node:url';
import { circlesOf, importsOf, sourceFiles, type Import } from './imports.ts';
import { repeatedExports, sharedNames } from './names.ts';
import { circlesAllowed, ORDER, upwardAllowed } from './order.ts';
import { typescriptFiles } from './prose.ts';
import { smallAllowed, smallFiles, SMALL_LINES } from './small-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = sourceFiles(root, 'pipeline');
const imports = files.flatMap((file) => importsOf(root, file));

const roomOf = (path: string): string => (path.split('/').length > 2 ? path.split('/')[1] : '.');
const rooms = [...new Set(files.map(roomOf))].filter((room) => room !== '.');
const between = imports.filter(({ from, to }) => to.startsWith('pipeline/') && roomOf(from) !== roomOf(to) && roomOf(from) !== '.');
const arrows = new Set(between.map(({ from, to }) => `${roomOf(from)} -> ${roomOf(to)}`));
const isUpward = ({ from, to }: Import): boolean => ORDER.indexOf(roomOf(from)) >= ORDER.indexOf(roomOf(to));
const mutual = [...arrows].filter(
  (arrow) => arrow < arrow.split(' -> ').reverse().join(' -> ') && arrows.has(arrow.split(' -> ').reverse().join(' -> ')),
);

const faults = [
  ...rooms.filter((room) => !ORDER.includes(room)).map((room) => `pipeline/${room} has no place in the order (dev/lint/order.ts)`),
  ...between
    .filter((arrow) => isUpward(arrow) && !upwardAllowed.some(({ from, to }) => from === arrow.from && to === arrow.to))
    .map(({ from, to }) => `${from} imports ${to}, which lies above it`),
  ...mutual.map((arrow) => `two folders import each other: ${arrow}`),
  ...circlesOf(files, imports)
    .filter((circle) => !circlesAllowed.some(({ through }) => circle.includes(through)))
    .map((circle) => `a circle of ${circle.length} files: ${circle.slice(0, 6).join(', ')}${circle.length > 6 ? ', …' : ''}`),
];
const repeated = repeatedExports(root).map(({ name, files: declaring }) => `${name} is declared by several files: ${declaring.join(', ')}`);

const products = ['pipeline', 'runtime', 'server', 'web-client'];
const everyImport = [...products, 'bench', 'dev', 'e2e', 'examples']
  .flatMap((folder) => typescriptFiles(root, folder))
  .flatMap((file) => importsOf(root, file));
const small = smallFiles(
  root,
  products.flatMap((folder) => sourceFiles(root, folder)),
  everyImport,
);
const smallFaults = small.filter(({ path }) => !smallAllowed.some((kind) => kind.path.test(path)));

console.log(`rule: folders of pipeline/ import only what stands below them: ${ORDER.join(' > ')}`);
console.log(
  '      types and dynamic imports count; tests, testing/ and entries of threads do not; no two folders import each other; no circles of files',
);
console.log(
  `pipeline/: ${rooms.length} folders, ${arrows.size} arrows, ${upwardAllowed.length} upward imports and ${circlesAllowed.length} circles listed with a reason, ` +
    `${mutual.length} mutual pairs, ${faults.length} faults`,
);
console.log('rule: an exported name is declared in one file, but for those of dev/lint/names.ts');
console.log(`names: ${sharedNames.flatMap(({ names }) => names).length} shared with a reason, ${repeated.length} faults`);
console.log(
  `rule: a file of fewer than ${SMALL_LINES} lines of code joins its only importer, but for the kinds of dev/lint/small-files.ts`,
);
console.log(`small files: ${small.length - smallFaults.length} stay with a reason, ${smallFaults.length} faults`);
const all = [...faults, ...repeated, ...smallFaults.map(({ path, importer }) => `${path} is small: it belongs into ${importer}`)];
for (const fault of all) console.error(`  ${fault}`);
process.exitCode = all.length > 0 ? 1 : 0;
