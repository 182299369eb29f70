import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sha256OfFiles } from '../../support/sha256.ts';
import { ProvisionError } from './provision-error.ts';

/** Names the environment variable with which a machine without pip or network hands in its own wheel. */
export const LOCAL_WHEEL_VARIABLE = 'SLD_EDGE_TENSORFLOW_WHEEL';

export interface LocalWheel {
  path: string;
  sha256: string;
}

/**
 * The wheel named by `SLD_EDGE_TENSORFLOW_WHEEL`, or null when the variable is not set.
 * @throws ProvisionError WHEEL_MISSING when it names no readable `.whl` file.
 */
export async function localWheel(env: NodeJS.ProcessEnv = process.env): Promise<LocalWheel | null> {
  const named = env[LOCAL_WHEEL_VARIABLE];
  if (!named) return null;
  const path = resolve(named);
  const readable =
    path.endsWith('.whl') &&
    (await access(path).then(
      () => true,
      () => false,
    ));
  if (!readable)
    throw new ProvisionError('WHEEL_MISSING', `${LOCAL_WHEEL_VARIABLE} expects a readable .whl file of TensorFlow, came ${named}`);
  return { path, sha256: await sha256OfFiles(path) };
}
