/** `npm run lint`: docs and comments name paths that exist and flags that a command takes; sentences are short, docstrings no fragments. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandNames, loadCommand } from '../../pipeline/commands/index.ts';
import { serverFlagOf, SETTINGS } from '../../server/configuration/settings.ts';
import { flagOf } from '../../pipeline/support/setting.ts';
import { sourceFiles } from './imports.ts';
import { fragmentsIn, LONGEST_SENTENCE, longSentencesIn, typescriptFiles } from './prose.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['pipeline', 'runtime', 'server', 'web-client', 'e2e', 'bench', 'dev', 'examples'];
/** Folders in which a path in docs or a comment may begin. */
const BASES = ['', 'pipeline', 'runtime', 'server', 'web-client', 'pipeline/networks', 'docs'];

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'].filter((page) => existsSync(join(root, page))),
  ...readdirSync(join(root, 'docs'))
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page}`),
];
const sources = FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) => sourceFiles(root, folder));

/**
 * Paths with a folder and one of our endings, and folders of the checkout, in backticks or links; what a run makes or a reader fills in is
 * none.
 */
function pathsIn(text: string): string[] {
  const quoted = [...text.matchAll(/`([\w.@/-]+)`/g), ...text.matchAll(/\]\(([\w.@/-]+)(?:#[\w-]+)?\)/g)].map(([, path]) => path);
  const ours = new RegExp(`^(${FOLDERS.join('|')}|docs)/`);
  return quoted.filter(
    (path) => (/\/[\w.-]+\.(ts|mjs|md|svg|png)$/.test(path) || ours.test(path)) && !/^(@|runs\/|models\/|https?:)/.test(path),
  );
}

const exists = (from: string, path: string): boolean =>
  [dirname(from), dirname(dirname(from)), ...BASES].some((base) => existsSync(join(root, normalize(join(base, path)))));

const commentsOf = (text: string): string => [...text.matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g)].map(([comment]) => comment).join('\n');

/** Flags of other programs, and of benches and checks, that docs name. */
const OTHERS =
  /^--(import|prefix|no-deps|only-binary|python-version|platform|with-deps|omit|build|health-cmd|no-liftoff|enable-unsafe-webgpu|use-webgpu-adapter|expose-gc|mount|build-arg|rm|data-binary|workspace|napi_build_version|module_name|module_path|cpu-prof|config|model-repository)$/;

/** The flags of each command; those of benches and checks under `npm run` are checked by themselves when they start. */
const flags = new Map(
  await Promise.all(
    commandNames.map(async (name): Promise<[string, Set<string>]> => {
      const { settings } = await loadCommand(name);
      return [name, new Set(['--help', '--json', ...Object.keys(settings).flatMap((key) => [`--${flagOf(key)}`, `--no-${flagOf(key)}`])])];
    }),
  ),
);
const serverFlags = ['--config', ...Object.keys(SETTINGS).map(serverFlagOf)];
const anyFlag = new Set([...[...flags.values()].flatMap((of) => [...of]), ...serverFlags]);
const FLAG = /(?<![\w-])--[a-z][a-z-]+[a-z]/g;

/** Flags in a text that no command takes, and those given to a command that does not take them. */
function wrongFlagsIn(text: string): string[] {
  const wrong: string[] = [];
  for (const [, name, rest] of text.matchAll(/npm run ([\w:]+) -- ([^`\n#]*)/g)) {
    const sub = `${name} ${rest.split(' ')[0]}`;
    const taken = flags.get(flags.has(sub) ? sub : name);
    if (taken)
      wrong.push(
        ...[...rest.matchAll(FLAG)]
          .map(([flag]) => flag)
          .filter((flag) => !taken.has(flag))
          .map((flag) => `${flag} of ${name}`),
      );
  }
  const elsewhere = text.replaceAll(/npm run (bench|dev|check|fuzz)[\w:]* -- [^`\n]*/g, '');
  return [...wrong, ...[...elsewhere.matchAll(FLAG)].map(([flag]) => flag).filter((flag) => !anyFlag.has(flag) && !OTHERS.test(flag))];
}

const faults = [
  ...pages
    .filter((page) => page !== 'CHANGELOG.md')
    .flatMap((page) =>
      [...new Set(wrongFlagsIn(readFileSync(join(root, page), 'utf8')))].map((flag) => `${page} names ${flag}, which no command takes`),
    ),
  ...pages.flatMap((page) =>
    pathsIn(readFileSync(join(root, page), 'utf8'))
      .filter((path) => !exists(page, path))
      .map((path) => `${page} names ${path}, which is not there`),
  ),
  ...sources.flatMap((file) =>
    pathsIn(commentsOf(readFileSync(join(root, file), 'utf8')))
      .filter((path) => !exists(file, path))
      .map((path) => `${file} names ${path} in a comment, which is not there`),
  ),
  ...pages.flatMap((page) =>
    longSentencesIn(readFileSync(join(root, page), 'utf8')).map(
      (sentence) => `${page} has a sentence of more than ${LONGEST_SENTENCE} words: ${sentence}`,
    ),
  ),
  ...FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
    typescriptFiles(root, folder).flatMap((file) =>
      fragmentsIn(readFileSync(join(root, file), 'utf8')).map(
        (text) => `${file} has a docstring that begins with neither a noun nor a verb: ${text}`,
      ),
    ),
  ),
];

console.log(`docs: ${pages.length} pages and the comments of ${sources.length} source files; ${faults.length} faults`);
for (const fault of faults) console.error(`  ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
