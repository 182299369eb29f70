/**
 * `npm run fuzz -- --seed N --files M`: does any file end the server, or make it hold more than it may? Mutates files of the
 * six formats, their bytes, header fields and sides, sends them to the built server with two workers, and checks every
 * answer, the workers and the memory of all processes.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { benchSetting, runBench } from '../../bench/command.ts';
import type { Line } from '../../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../../pipeline/support/setting.ts';
import { whole } from '../../pipeline/support/value.ts';
import { buildServer, startBuiltServer } from '../../server/testing/built-server.ts';
import { fuzzServer, megabytes, MOST_BYTES } from './fuzz/fuzz-server.ts';

const settings = {
  seed: { ...benchSetting, ...whole(1, { from: 0 }), help: 'which files are made' },
  files: { ...benchSetting, ...whole(500, { from: 1 }), help: 'how many' },
} as const satisfies SettingTable;

async function run({ values }: Line<typeof settings>): Promise<boolean> {
  const { seed, files } = values;
  const entry = await buildServer();
  try {
    const server = await startBuiltServer(entry, { MODELS_DIR: './models', WORKERS: '2' });
    const { answers, faults, costly, lost, replaced, peakBytes } = await fuzzServer(server, { seed, files }).finally(() => server.stop());
    const told = Object.entries(answers)
      .sort(([, a], [, b]) => b - a)
      .map(([answer, count]) => `${count} x ${answer}`);
    const memory =
      process.platform === 'linux'
        ? `${megabytes(peakBytes)} MB at the peak (limit ${megabytes(MOST_BYTES)})`
        : 'memory not measured (Linux only)';
    for (const line of [...costly, ...faults]) console.error(line);
    console.log(
      `fuzz: seed ${seed}, ${files} files: ${told.join(', ')}; ${lost} workers lost, ${replaced} replaced; ${memory}; ${faults.length === 0 ? 'ok' : `FAIL: ${faults.length} faults`}`,
    );
    return faults.length === 0;
  } finally {
    rmSync(path.dirname(entry), { recursive: true });
  }
}

await runBench({
  name: 'fuzz',
  summary: 'Does any file end the server, or make it hold more than it may? Sends mutated files of six formats and checks each answer.',
  settings,
  run,
});
