import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const LIBRARY = 'libvulkan.so.1';
const PLACES = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib'];

/** Checks that the Vulkan loader is there: WebGPU in Node finds its drivers by it. */
export function hasVulkanLoader(): boolean {
  return PLACES.some(
    (place) =>
      existsSync(place) &&
      (existsSync(`${place}/${LIBRARY}`) || readdirSync(place).some((name) => existsSync(`${place}/${name}/${LIBRARY}`))),
  );
}

/** Installs the Vulkan loader on Linux where it is missing. Where it can't be, the tests of WebGPU are skipped, and the run's last line says so. */
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
