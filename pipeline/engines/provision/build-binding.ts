import { cp, mkdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NAPI_VERSION } from './engine-key.ts';
import { runNodeGyp } from './run-node-gyp.ts';

/** Path of the built binding under the engine's folder. */
export const BINDING_FILE = join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');

/**
 * Builds the unchanged native binding of `@tensorflow/tfjs-node-gpu` with node-gyp.
 * @param engineDir holds `deps/lib` (TensorFlow's libraries) and receives {@link BINDING_FILE}.
 * @param includeDir TensorFlow's C headers.
 * @throws ProvisionError BUILD_FAILED with the compiler's output in `log`.
 */
export async function buildBinding(engineDir: string, includeDir: string): Promise<void> {
  const packageDir = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
  await runNodeGyp({
    name: 'the TensorFlow binding',
    async prepare(buildDir) {
      for (const part of ['binding', 'binding.gyp', 'package.json'])
        await cp(join(packageDir, part), join(buildDir, part), { recursive: true });
      await mkdir(join(buildDir, 'deps'));
      await symlink(join(engineDir, 'deps', 'lib'), join(buildDir, 'deps', 'lib'));
      await symlink(includeDir, join(buildDir, 'deps', 'include'));
    },
    args: (buildDir) => [
      `--napi_build_version=${NAPI_VERSION}`,
      '--module_name=tfjs_binding',
      `--module_path=${join(buildDir, dirname(BINDING_FILE))}`,
    ],
    async take(buildDir) {
      await mkdir(join(engineDir, dirname(BINDING_FILE)), { recursive: true });
      await cp(join(buildDir, BINDING_FILE), join(engineDir, BINDING_FILE));
    },
  });
}
