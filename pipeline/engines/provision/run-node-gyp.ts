import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ProvisionError } from './provision-error.ts';
import { lastLine, runCommand } from './run-command.ts';

/**
 * Settings that node-gyp reads from a Node source tree, cut down to what a Node-API addon needs. With them and the package node-api-headers
 * nothing is downloaded and no distribution's header package is needed; Node-API is the same in every Node.
 */
const COMMON_GYPI = `{
  'variables': { 'node_engine%': 'v8', 'clang%': 0 },
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': { 'Release': { 'cflags': ['-O2'] } },
    'cflags': ['-fPIC', '-pthread'],
    'cflags_cc': ['-std=gnu++17'],
    'ldflags': ['-pthread']
  }
}
`;

interface AddonBuild {
  /** For people: `the TensorFlow binding`. */
  name: string;
  /** Puts `binding.gyp` and what it names into an empty folder. */
  prepare(buildDir: string): Promise<void>;
  /** More arguments of node-gyp. */
  args(buildDir: string): string[];
  /** Takes what was built out of the folder, which is removed then. */
  take(buildDir: string): Promise<void>;
}

/**
 * Builds a Node-API addon with node-gyp in a folder of its own: make and gyp do not survive blanks in paths, and a cache folder may have
 * them.
 * @throws ProvisionError BUILD_FAILED with the compiler's output in `log`.
 */
export async function runNodeGyp({ name, prepare, args, take }: AddonBuild): Promise<void> {
  const require = createRequire(import.meta.url);
  const nodeGyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  const buildDir = await mkdtemp(join(tmpdir(), 'sld-edge-build-'));
  try {
    await prepare(buildDir);
    const nodeDir = join(buildDir, 'node');
    const headersDir = dirname(require.resolve('node-api-headers/package.json'));
    await cp(join(headersDir, 'include'), join(nodeDir, 'include', 'node'), { recursive: true });
    await writeFile(join(nodeDir, 'include', 'node', 'common.gypi'), COMMON_GYPI);
    await writeFile(join(nodeDir, 'include', 'node', 'config.gypi'), '{}');
    const line = [nodeGyp, 'rebuild', `--nodedir=${nodeDir}`, ...args(buildDir)];
    const result = await runCommand(process.execPath, line, { cwd: buildDir, env: buildEnvironment() });
    if (result?.status !== 0) {
      const log = `${result?.stdout ?? ''}${result?.stderr ?? ''}`;
      const reason = /error: .*/.exec(log)?.[0] ?? /gyp ERR! stack .*/.exec(log)?.[0] ?? lastLine(log);
      throw new ProvisionError('BUILD_FAILED', `${name} could not be built (${reason})`, log);
    }
    await take(buildDir);
  } finally {
    await rm(buildDir, { recursive: true, force: true });
  }
}

/** npm hands its own settings down as npm_config_*, and node-gyp would let them override ours. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(config_(?!python)|package_)/i.test(name));
  return Object.fromEntries(kept);
}
