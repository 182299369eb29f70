import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NAPI_VERSION } from './engine-key.ts';
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

/** Path of the built binding under the engine's folder. */
export const BINDING_FILE = join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');

/**
 * Builds the unchanged native binding of `@tensorflow/tfjs-node-gpu` with node-gyp.
 * @param engineDir holds `deps/lib` (TensorFlow's libraries) and receives {@link BINDING_FILE}.
 * @param includeDir TensorFlow's C headers.
 * @throws ProvisionError BUILD_FAILED with the compiler's output in `log`.
 */
export async function buildBinding(engineDir: string, includeDir: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const packageDir = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  const nodeGyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin', 'node-gyp.js');
  // make and gyp do not survive blanks in paths, and a cache folder may have them: build elsewhere, and link.
  const buildDir = await mkdtemp(join(tmpdir(), 'sld-edge-build-'));
  try {
    for (const part of ['binding', 'binding.gyp', 'package.json'])
      await cp(join(packageDir, part), join(buildDir, part), { recursive: true });
    await mkdir(join(buildDir, 'deps'));
    await symlink(join(engineDir, 'deps', 'lib'), join(buildDir, 'deps', 'lib'));
    await symlink(includeDir, join(buildDir, 'deps', 'include'));
    const nodeDir = join(buildDir, 'node');
    const headersDir = dirname(require.resolve('node-api-headers/package.json'));
    await cp(join(headersDir, 'include'), join(nodeDir, 'include', 'node'), { recursive: true });
    await writeFile(join(nodeDir, 'include', 'node', 'common.gypi'), COMMON_GYPI);
    await writeFile(join(nodeDir, 'include', 'node', 'config.gypi'), '{}');

    const built = join(buildDir, dirname(BINDING_FILE));
    const args = [
      nodeGyp,
      'rebuild',
      `--napi_build_version=${NAPI_VERSION}`,
      '--module_name=tfjs_binding',
      `--module_path=${built}`,
      `--nodedir=${nodeDir}`,
    ];
    const result = await runCommand(process.execPath, args, { cwd: buildDir, env: buildEnvironment() });
    if (result?.status !== 0) {
      const log = `${result?.stdout ?? ''}${result?.stderr ?? ''}`;
      const reason = /error: .*/.exec(log)?.[0] ?? /gyp ERR! stack .*/.exec(log)?.[0] ?? lastLine(log);
      throw new ProvisionError('BUILD_FAILED', `the TensorFlow binding could not be built (${reason})`, log);
    }
    await mkdir(join(engineDir, dirname(BINDING_FILE)), { recursive: true });
    await cp(join(buildDir, BINDING_FILE), join(engineDir, BINDING_FILE));
  } finally {
    await rm(buildDir, { recursive: true, force: true });
  }
}

/** npm hands its own settings down as npm_config_*, and node-gyp would let them override ours. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(config_(?!python)|package_)/i.test(name));
  return Object.fromEntries(kept);
}
