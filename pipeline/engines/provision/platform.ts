import { existsSync } from 'node:fs';
import { runCommand } from './run-command.ts';
import { CPU_WHEELS, NEEDED_GLIBC } from './wheels.ts';

/** Reason why no native TensorFlow can run here; null if it can. It needs Linux with glibc, on an architecture that has a wheel. */
export function platformObstacle(
  platform: string = process.platform,
  arch: string = process.arch,
  glibc: string | undefined = glibcVersion(),
): string | null {
  const allowed = `expected Linux (glibc ${NEEDED_GLIBC} or later) on ${Object.keys(CPU_WHEELS).join(' or ')}`;
  if (platform !== 'linux') return `${allowed}, this is ${platform}`;
  if (!(arch in CPU_WHEELS)) return `${allowed}, this is ${arch}`;
  if (!glibc) return `${allowed}, this Linux has another C library (musl, as on Alpine)`;
  if (compareVersions(glibc, NEEDED_GLIBC) < 0) return `${allowed}, this is glibc ${glibc}`;
  return null;
}

/** An NVIDIA GPU with a working driver. */
export interface NvidiaGpu {
  name: string;
  driverVersion: string;
}

/** Asks nvidia-smi, then the driver's own file under /proc; null when there is no GPU with a driver. */
export async function findNvidiaGpu(): Promise<NvidiaGpu | null> {
  const answer = await runCommand('nvidia-smi', ['--query-gpu=name,driver_version', '--format=csv,noheader'], { timeoutMs: 10_000 });
  if (answer?.status === 0 && answer.stdout.includes(',')) {
    const [name, driverVersion] = answer.stdout.trim().split('\n')[0].split(',');
    return { name: name.trim(), driverVersion: driverVersion.trim() };
  }
  if (!existsSync('/proc/driver/nvidia/version') || !existsSync('/dev/nvidia0')) return null;
  return { name: 'NVIDIA GPU', driverVersion: 'unknown' };
}

function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  return a[0] - b[0] || (a[1] ?? 0) - (b[1] ?? 0);
}
