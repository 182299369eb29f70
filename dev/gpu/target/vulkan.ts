/** Finding a Vulkan driver where a machine was not set up for one. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders where the loader looks for drivers, and where NVIDIA's containers put theirs. */
const DRIVER_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/local/nvidia/share/vulkan/icd.d',
];
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/nvidia/lib64',
  '/usr/local/nvidia/lib',
  '/run/opengl-driver/lib',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
];
/** NVIDIA's driver answers under both; the second needs no X11 libraries. */
const NVIDIA_LIBRARIES = ['libGLX_nvidia.so.0', 'libEGL_nvidia.so.0'];

export interface VulkanAttempt {
  env: Record<string, string>;
  what: string;
}

const jsonFiles = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(folder, name))
    : [];

/**
 * Attempts to make in turn until an adapter answers.
 * @param folder of the bundle, with the loader in `lib`
 * @param out where driver files are written that the machine lacks
 */
export function vulkanAttempts(folder: string, out: string): VulkanAttempt[] {
  const bundled = join(folder, 'lib');
  const given = process.env.LD_LIBRARY_PATH;
  const loader: Record<string, string> = LIBRARY_FOLDERS.some((path) => existsSync(join(path, 'libvulkan.so.1')))
    ? {}
    : { LD_LIBRARY_PATH: given ? `${given}:${bundled}` : bundled };
  if (process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES) return [{ env: loader, what: 'the driver that the environment names' }];
  const attempts: VulkanAttempt[] = [];
  const known = DRIVER_FOLDERS.flatMap(jsonFiles);
  const nvidiaFiles = known.filter((path) => readFileSync(path, 'utf8').includes('nvidia'));
  for (const path of nvidiaFiles) attempts.push({ env: { ...loader, VK_DRIVER_FILES: path }, what: path });
  for (const library of NVIDIA_LIBRARIES) {
    const path = LIBRARY_FOLDERS.map((where) => join(where, library)).find((file) => existsSync(file));
    if (!path) continue;
    const file = join(out, `${library.split('.')[0]}.icd.json`);
    writeFileSync(file, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: path, api_version: '1.3.0' } }));
    attempts.push({ env: { ...loader, VK_DRIVER_FILES: file }, what: `${path}, whose driver file was missing or did not work` });
  }
  attempts.push({ env: loader, what: "the loader's own search" });
  return attempts;
}
