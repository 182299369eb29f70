/** Rules for prose: sentences of docs have at most 30 words, and a docstring begins with a noun or a verb. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Words in a sentence, at most; inline code counts as one word. */
export const LONGEST_SENTENCE = 30;
/** First words of docstrings that are neither a noun nor a verb. */
const FRAGMENT = /^(?:Of|What|Whether|How|Where|Which|When|Why|Who|Whose)\b/;
const SKIPPED = /(^|\/)(node_modules|dist)\//;

/** TypeScript files below a folder, tests included; paths relative to `root`, sorted. */
export function typescriptFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !SKIPPED.test(path))
    .sort();
}

/** Paragraphs and list items of a Markdown page as plain text: without code blocks, tables, headings and addresses of links. */
function paragraphsOf(page: string): string[] {
  const paragraphs: string[] = [];
  let isOpen = false;
  for (const line of page.replaceAll(/^ *```[\s\S]*?^ *```/gm, '\n').split('\n')) {
    const isText = line.trim() !== '' && !/^(\||#| {4})/.test(line);
    const item = /^ *(?:[-*]|\d+\.) (.*)/.exec(line)?.[1];
    if (isText && isOpen && item === undefined) paragraphs[paragraphs.length - 1] += ` ${line.trim()}`;
    else if (isText) paragraphs.push(item ?? line);
    isOpen = isText;
  }
  return paragraphs.map((text) =>
    text
      .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/`[^`]*`/g, 'CODE'),
  );
}

/**
 * Sentences of a Markdown page with more than {@link LONGEST_SENTENCE} words. A sentence ends with `.`, `!` or `?` before a capital,
 * digit or quote, and at ` · `.
 */
export function longSentencesIn(page: string): string[] {
  const words = (sentence: string): number => sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
  return paragraphsOf(page)
    .flatMap((text) => text.split(/(?<=[.!?](?:\*\*|["”)])*)\s+(?=[A-Z0-9*"(“])| · /))
    .filter((sentence) => words(sentence) > LONGEST_SENTENCE);
}

/** Docstrings of a source text that begin with a fragment, each by its first words. */
export function fragmentsIn(source: string): string[] {
  return [...source.matchAll(/\/\*\*\s+(?:\* )?([^\n]*)/g)].map(([, text]) => text.slice(0, 60)).filter((text) => FRAGMENT.test(text));
}
