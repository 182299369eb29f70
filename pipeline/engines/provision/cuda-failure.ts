import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProvisionError } from './provision-error.ts';

/** A CUDA engine that was built and did not compute: trying again at every start would cost minutes each time. */
interface RememberedFailure {
  driverVersion: string;
  reason: string;
}

/** @throws ProvisionError with the reason of last time, when this engine failed before with the same driver. */
export async function refuseFailedBefore(cacheDir: string, key: string, driverVersion: string): Promise<void> {
  const path = failurePath(cacheDir, key);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const failure = JSON.parse(text) as RememberedFailure;
  if (failure.driverVersion === driverVersion) throw new ProvisionError('FAILED_BEFORE', `${failure.reason}; delete ${path} to try again`);
}

/** Keeps a failure that another attempt would only repeat; a missing compiler, disk or network is not one. */
export async function rememberFailure(cacheDir: string, key: string, driverVersion: string, error: ProvisionError): Promise<void> {
  if (error.code !== 'PROBE_FAILED') return;
  await mkdir(join(cacheDir, 'engines'), { recursive: true });
  const failure: RememberedFailure = { driverVersion, reason: error.message };
  await writeFile(failurePath(cacheDir, key), JSON.stringify(failure));
}

function failurePath(cacheDir: string, key: string): string {
  return join(cacheDir, 'engines', `${key}.failed.json`);
}
