/** Dawn for tests: on the machine's GPU, or on Chromium's driver in software, which this process is then pointed to. */
import { existsSync } from 'node:fs';
import { openAdapter } from '../engines/webgpu/dawn.ts';

const CHROMIUM_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Dawn's instance, or the reason why WebGPU can't be tested here, to be put behind a test's name. */
export async function softwareWebgpu(): Promise<{ missing: ''; gpu: GPU } | { missing: string; gpu?: undefined }> {
  if (process.platform === 'linux' && !process.env.VK_DRIVER_FILES && existsSync(CHROMIUM_DRIVER))
    process.env.VK_DRIVER_FILES = CHROMIUM_DRIVER;
  return openAdapter().then(
    ({ gpu }) => ({ missing: '', gpu }),
    (error: unknown) => ({ missing: ` [skipped: ${(error as Error).message}]` }),
  );
}
