import { join } from 'node:path';
import { makeEnvironment, pythonIn } from '../../python-environment.ts';

const PACKAGES = [
  'fastapi==0.163.2',
  'uvicorn==0.54.0',
  'uvloop==0.23.0',
  'httptools==0.9.0',
  'pillow==13.0.0',
  'onnxruntime==1.31.1',
] as const;

/** Python with the peer's packages, in an environment of the cache that is made now where it is missing. @returns its path */
export async function fastapiPython(cacheDir: string, say: (line: string) => void): Promise<string> {
  const folder = join(cacheDir, 'bench', 'fastapi');
  await makeEnvironment({ name: 'fastapi', folder, say }, async ({ pip }) => {
    await pip(...PACKAGES);
    return { packages: PACKAGES };
  });
  return pythonIn(folder);
}
