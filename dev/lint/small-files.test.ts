import { expect, test } from 'vitest';
import { codeLines } from './small-files.ts';

test('comments, blank lines and imports are no lines of code', () => {
  const text = [
    '/** Purpose\n * of it. */',
    "import {\n  a,\n} from './a.ts';",
    '',
    '// A reason.',
    'export const b = `',
    '  two`; // lines',
    '/** Doc. */',
    'export const c = (x: number) => {',
    '  return x + a;',
    '};',
  ].join('\n');
  expect(codeLines(text)).toBe(5);
});
