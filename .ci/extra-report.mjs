/** `extra-report.mjs NAME STATUS < OUTPUT`: a line of JSON on how an extra test ended, for summary.mjs. */
import { readFileSync } from 'node:fs';

const SKIPPED = 77;
const [name, code] = process.argv.slice(2);
const last = readFileSync(0, 'utf8').trimEnd().split('\n').at(-1);
const status = Number(code) === 0 ? 'passed' : Number(code) === SKIPPED ? 'skipped' : 'failed';
console.log(JSON.stringify({ name, status, ...(status === 'skipped' && { reason: last.replace(/^skipped: /, '') }) }));
