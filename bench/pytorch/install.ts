/**
 * PyTorch for comparison, in a virtual environment of the product's cache; nothing of the product uses it.
 *
 * The registry's torch for Linux x64 is linked against a dozen CUDA libraries of several GB that a CPU never calls.
 * They are left out: empty libraries of the same names satisfy the loader, which resolves functions at their first call
 * (`TORCH_USE_RTLD_GLOBAL` has torch loaded so). Only the CUDA runtime is real, 3 MB, because it is called while torch
 * loads. What computes on a CPU (libtorch_cpu with oneDNN and MKL) is torch's own, unchanged.
 */
import { mkdir } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installCommand } from '../../pipeline/engines/provision/prerequisites.ts';
import { lastLine, runCommand } from '../../pipeline/engines/provision/run-command.ts';
import { makeEnvironment, pythonIn, runOrFail } from '../python-environment.ts';

export interface PyTorch {
  python: string;
  /** Variables to add to the process's environment. */
  env: NodeJS.ProcessEnv;
}

export const TORCH_VERSION = '2.15.0';

/** Packages that `import torch` needs besides torch and NVIDIA's libraries; none of them computes. */
const PURE_PACKAGES = [
  'typing_extensions==4.16.0',
  'filelock==4.2.11',
  'fsspec==2026.9.0',
  'jinja2==3.1.6',
  'markupsafe==3.0.4',
  'sympy==1.14.0',
  'mpmath==1.3.0',
  'networkx==3.6.1',
];
const CUDA_RUNTIME = 'nvidia-cuda-runtime==13.2.86';

/** Libraries that this version of torch is linked against, apart from the CUDA runtime. */
const CUDA_LIBRARIES = [
  'libcublas.so.13',
  'libcublasLt.so.13',
  'libcudnn.so.9',
  'libcufft.so.12',
  'libcufile.so.0',
  'libcupti.so.13',
  'libcusparse.so.12',
  'libcusparseLt.so.0',
  'libnccl.so.2',
  'libnvrtc.so.13',
  'libnvshmem_host.so.3',
];
/** The one datum among the functions, which the loader wants at once; the name of its version is part of the link. */
const NVSHMEM_DATUM = { source: 'void *nvshmem_selected_device_transport;\n', versions: 'NVSHMEM { global: *; };\n' };

const withoutCuda = process.platform === 'linux' && process.arch === 'x64';

/**
 * The environment in the cache, made now where it is missing (0.6 GB of downloads on Linux x64). Safe against a second
 * process and against being killed: what has no stamp is made again.
 * @throws Error in one line: what failed, and what to run
 */
export async function installPyTorch(cacheDir: string, say: (line: string) => void): Promise<PyTorch> {
  const folder = join(cacheDir, 'bench', `pytorch-${TORCH_VERSION}`);
  const answer: PyTorch = {
    python: pythonIn(folder),
    env: { CUDA_VISIBLE_DEVICES: '', ...(withoutCuda && { TORCH_USE_RTLD_GLOBAL: '1', LD_LIBRARY_PATH: join(folder, 'cuda-stand-ins') }) },
  };
  await makeEnvironment({ name: 'pytorch', folder, say }, async ({ python, pip }) => {
    if (withoutCuda) {
      say(`pytorch: installing torch ${TORCH_VERSION} without NVIDIA's libraries (0.6 GB)`);
      await pip('--no-deps', `torch==${TORCH_VERSION}`, CUDA_RUNTIME, ...PURE_PACKAGES);
      await makeStandIns(join(folder, 'cuda-stand-ins'));
    } else {
      say(`pytorch: installing torch ${TORCH_VERSION}`);
      await pip(`torch==${TORCH_VERSION}`);
    }
    say('pytorch: loading it for the first time');
    const loaded = await runOrFail(
      'pytorch',
      python,
      ['-W', 'ignore', '-c', 'import torch; print(torch.__version__)'],
      'the installed torch does not load',
      answer.env,
    );
    return { torch: loaded.trim() };
  });
  return answer;
}

async function makeStandIns(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const source = join(folder, 'empty.c');
  const nvshmemSource = join(folder, 'nvshmem.c');
  const nvshmemVersions = join(folder, 'nvshmem.map');
  writeFileSync(source, '');
  writeFileSync(nvshmemSource, NVSHMEM_DATUM.source);
  writeFileSync(nvshmemVersions, NVSHMEM_DATUM.versions);
  for (const name of CUDA_LIBRARIES) {
    const from = name.startsWith('libnvshmem') ? [nvshmemSource, `-Wl,--version-script=${nvshmemVersions}`] : [source];
    await runOrFail(
      'pytorch',
      process.env.CC ?? 'cc',
      ['-shared', '-fPIC', `-Wl,-soname,${name}`, '-o', join(folder, name), ...from],
      `a C compiler is needed: ${installCommand('gcc')}`,
    );
  }
}

/** A Python of the user's that has torch, in place of our own. @throws Error if it hasn't. */
export async function givenPyTorch(python: string): Promise<PyTorch> {
  const result = await runCommand(python, ['-W', 'ignore', '-c', 'import torch']);
  if (result?.status !== 0)
    throw new Error(`--python expects a Python that has torch, ${python} ${result ? `says: ${lastLine(result.stderr)}` : 'is not there'}`);
  return { python, env: { CUDA_VISIBLE_DEVICES: '' } };
}
