/** `npm run lint`: counts the arrows between the folders of `pipeline/` and the names that two files export; fails on what its rules forbid. */
import { fileURLToPath } from 'node:url';
import { circlesOf, importsOf, sourceFiles, type Import } from './imports.ts';
import { repeatedExports, sharedNames } from './names.ts';
import { circlesAllowed, ORDER, upwardAllowed } from './order.ts';

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
for (const fault of [...faults, ...repeated]) console.error(`  ${fault}`);
process.exitCode = faults.length + repeated.length > 0 ? 1 : 0;
