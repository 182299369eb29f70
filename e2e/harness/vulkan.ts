import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const LIBRARY = 'libvulkan.so.1';

/**
 * Checks that the Vulkan loader is where the dynamic linker looks: WebGPU in Node finds its drivers by it. A copy elsewhere, as
 * Chromium has one for itself, is of no use to it.
 */
export function hasVulkanLoader(): boolean {
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  return named.some((folder) => existsSync(path.join(folder, LIBRARY))) || linkerCache().includes(`${LIBRARY} `);
}

/** Lists the libraries that the dynamic linker knows; empty if it keeps no list. */
function linkerCache(): string {
  try {
    // Of those who aren't root, the path often lacks its folder.
    return execFileSync('ldconfig', ['-p'], { encoding: 'utf8', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  } catch {
    return '';
  }
}

/**
 * Installs the Vulkan loader on Linux where it is missing. Where it can't be, the tests of WebGPU are skipped, and the run's last line says
 * so.
 */
export function installVulkanLoader(): void {
  if (process.platform !== 'linux' || hasVulkanLoader()) return;
  process.stdout.write("tests: no Vulkan loader here, installing Debian's package libvulkan1\n");
  try {
    for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'libvulkan1']])
      execFileSync('apt-get', args, { stdio: 'inherit' });
  } catch {
    process.stdout.write(
      'tests: the Vulkan loader could not be installed; the tests of WebGPU in Node are skipped (Debian, as root: apt-get install libvulkan1)\n',
    );
  }
}
