import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BINDING_FILE, buildBinding } from './build-binding.ts';
import { sha256OfFiles } from '../../support/sha256.ts';
import { extractWheel, type ExtractedFile } from './extract-wheel.ts';
import { ProvisionError } from './provision-error.ts';
import type { OnProgress } from './progress.ts';

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The headers that the binding includes, directly or not: 300 of the wheel's 13,000. */
const HEADER_FOLDERS = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/', 'xla/tsl/c/'];

/** NVIDIA's shared libraries, and the assembler and device library that TensorFlow calls when it compiles a kernel. */
const NVIDIA_FILE = /^nvidia\/(\w+\/lib\/[^/]+\.so[.\d]*|cuda_nvcc\/(bin\/ptxas|nvvm\/.+))$/;

/** Names under which the linker (`-ltensorflow`) and older loaders look for the libraries. */
const LINKS: Readonly<Record<string, string>> = {
  'libtensorflow.so': 'libtensorflow_cc.so.2',
  'libtensorflow.so.2': 'libtensorflow_cc.so.2',
  'libtensorflow_framework.so': 'libtensorflow_framework.so.2',
};

/**
 * Lays out an engine in an empty folder: libraries in `deps/lib`, NVIDIA's beside them in `deps/nvidia/<part>/lib`
 * (where TensorFlow's own run path, `$ORIGIN/../nvidia/…`, looks), the compiled binding in `lib/napi-v8`.
 * @param workDir receives the headers; not needed afterwards.
 * @returns size and SHA-256 of every native file by its path under `engineDir`.
 */
export async function assembleEngine(
  wheelPaths: readonly string[],
  engineDir: string,
  workDir: string,
  onProgress: OnProgress,
): Promise<Record<string, ExtractedFile>> {
  const files: Record<string, ExtractedFile> = {};
  const headersDir = join(workDir, 'headers');
  await mkdir(engineDir, { recursive: true });
  for (const wheelPath of wheelPaths) {
    const message = wheelPaths.length === 1 ? 'unpacking TensorFlow' : `unpacking ${wheelPath.split('/').pop()?.split('-')[0]}`;
    const report = (doneBytes: number, totalBytes: number) => onProgress({ stage: 'extract', message, doneBytes, totalBytes });
    for (const [path, file] of await extractWheel(wheelPath, workDir, placeInWorkDir, report)) {
      if (!path.startsWith('headers')) files[path.slice('engine/'.length)] = file;
    }
  }
  for (const library of LIBRARIES) {
    if (!(join('deps', 'lib', library) in files))
      throw new ProvisionError(
        'WHEEL_CORRUPT',
        `the wheel holds no tensorflow/${library}: expected one of TensorFlow 2.16 or later for Linux`,
      );
  }
  for (const [link, target] of Object.entries(LINKS)) await symlink(target, join(engineDir, 'deps', 'lib', link));

  onProgress({ stage: 'build', message: 'compiling the TensorFlow.js binding (about 10 seconds)' });
  await buildBinding(engineDir, headersDir);
  const binding = join(engineDir, BINDING_FILE);
  files[BINDING_FILE] = { bytes: (await stat(binding)).size, sha256: await sha256OfFiles(binding) };
  return files;
}

/** Returns the place of a wheel's entry under the working folder: `engine/…`, `headers/…`, or null for none. */
export function placeInWorkDir(entryName: string): string | null {
  const library = LIBRARIES.find((name) => entryName === `tensorflow/${name}`);
  if (library) return join('engine', 'deps', 'lib', library);
  if (NVIDIA_FILE.test(entryName)) return join('engine', 'deps', entryName);
  const header = entryName.startsWith('tensorflow/include/') ? entryName.slice('tensorflow/include/'.length) : '';
  return HEADER_FOLDERS.some((folder) => header.startsWith(folder)) ? join('headers', header) : null;
}
