import { expect, test } from 'vitest';
import { fragmentsIn, longSentencesIn } from './prose.ts';

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');

test('a sentence of 31 words is long, one of 30 is not; inline code counts as one word', () => {
  expect(longSentencesIn(`Word ${words(29)}. Word ${words(30)}.`)).toEqual([`Word ${words(30)}.`]);
  expect(longSentencesIn(`Word ${words(28)} \`one two three\`.`)).toEqual([]);
});

test('a sentence goes on over lines of a paragraph, and ends with its list item', () => {
  expect(longSentencesIn(`Word ${words(15)}\n${words(15)}.`)).toHaveLength(1);
  expect(longSentencesIn(`- Word ${words(15)}\n- ${words(15)}.`)).toEqual([]);
});

test('tables, headings, code blocks and addresses of links do not count', () => {
  expect(longSentencesIn(`| ${words(40)} |\n# ${words(40)}\n\`\`\`\n${words(40)}\n\`\`\`\n    ${words(40)}`)).toEqual([]);
  expect(longSentencesIn(`Word ${words(29)} ![${words(9)}](picture.png).`)).toEqual([]);
});

test('a docstring that begins with a fragment is found on one line and on several', () => {
  // Put together here, so that the rule does not find them in this file.
  const open = '/' + '**';
  expect(fragmentsIn(`${open} Of the batch. */\n${open}\n * Whether it is quick.\n */\n${open} Mean of the batch. */`)).toEqual([
    'Of the batch. */',
    'Whether it is quick.',
  ]);
});

test('words that merely begin like a fragment pass, and so do patterns of paths', () => {
  expect(fragmentsIn("/** Offset in bytes. */ '**/*.test.ts'; '/**/What.ts'")).toEqual([]);
});
