import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinned, type Cores } from './cores.ts';

/** Parts that a request can't do without, in processor milliseconds a picture. */
export interface FloorParts {
  decodeMs: number;
  decoder: string;
  resizeMs: number;
  inferenceMs: number;
  backend: string;
}

/** @param packageDir folder of the package's manifest */
export async function measureFloor(cores: Cores, pictures: string, packageDir: string, seconds: number): Promise<FloorParts> {
  const script = fileURLToPath(new URL('./floor-child.ts', import.meta.url));
  const [program, ...args] = pinned(cores.server, [process.execPath, '--import', 'tsx', script, pictures, packageDir, String(seconds)]);
  const { stdout } = await promisify(execFile)(program, args);
  return JSON.parse(stdout) as FloorParts;
}
