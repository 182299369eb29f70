import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it.each([
  ['pipeline/cli.ts', ['doctor', '--help']],
  ['bench/command.ts', []],
])('%s ends without a stack when its reader goes away', async (entry, args) => {
  // What every command does sooner or later: it writes, waits, and writes again.
  const code = `
    process.argv.splice(1, 9, 'entry', ...${JSON.stringify(args)});
    process.exit = (exit => status => status === 141 ? exit(status) : undefined)(process.exit);
    import('./${entry}').then(({ runBench }) => {
      runBench?.({ name: 'b', summary: '', settings: {}, run: () => new Promise(() => undefined) });
      setInterval(() => process.stdout.write('a line\\n'), 10);
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [status] = (await once(child, 'exit')) as [number];
  expect({ status, errors }).toEqual({ status: 141, errors: '' });
});
