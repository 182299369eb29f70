/** transformers.js, from npm, with the example that its users would type. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lastLine, runCommand } from '../../pipeline/engines/provision/run-command.ts';
import { writeExport } from '../../pipeline/packaging/export/write-export.ts';
import { defaultCacheDir } from '../../pipeline/support/cache-dir.ts';
import type { Consumer } from './consumer.ts';

const VERSION = '4.3.2';
const folder = join(defaultCacheDir(), 'bench', `transformers.js-${VERSION}`);
const example = join(import.meta.dirname, '../../examples/exports/huggingface.mjs');

export const transformersJs: Consumer = {
  name: `transformers.js ${VERSION}`,
  variants: { fp32: 'float32', q8: 'integer' },

  async install(say) {
    const stamp = join(folder, 'installed');
    if (existsSync(stamp)) return;
    say(`installing into ${folder}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    const result = await runCommand('npm', ['install', '--ignore-scripts', '--prefix', folder, `@huggingface/transformers@${VERSION}`]);
    if (result?.status !== 0) throw new Error(`npm could not install it: ${lastLine(result?.stderr ?? '') || 'npm is not there'}`);
    writeFileSync(stamp, '');
  },

  async answers(work, packageFolder, pictures) {
    const out = join(work, 'huggingface');
    await writeExport({ to: 'huggingface', from: packageFolder, out, say: () => undefined });
    // Beside what it imports.
    copyFileSync(example, join(folder, 'huggingface.mjs'));
    const found: Record<string, Record<string, number>[]> = {};
    for (const dtype of Object.keys(transformersJs.variants)) {
      found[dtype] = [];
      for (const picture of pictures) {
        const { stdout } = await promisify(execFile)(process.execPath, ['huggingface.mjs', out, picture, dtype], { cwd: folder });
        const answers = JSON.parse(stdout) as { label: string; score: number }[];
        found[dtype].push(Object.fromEntries(answers.map(({ label, score }) => [label, score])));
      }
    }
    return found;
  },
};
