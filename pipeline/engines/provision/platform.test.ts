import { expect, test } from 'vitest';
import { platformObstacle } from './platform.ts';

test.each([
  ['linux', 'x64', '2.36', null],
  ['linux', 'arm64', '2.27', null],
  ['linux', 'x64', '2.26', 'this is glibc 2.26'],
  ['linux', 'x64', undefined, 'musl'],
  ['linux', 'riscv64', '2.36', 'this is riscv64'],
  ['darwin', 'arm64', undefined, 'this is darwin'],
  ['win32', 'x64', undefined, 'this is win32'],
])('%s %s glibc %s', (platform, arch, glibc, reason) => {
  const obstacle = platformObstacle(platform, arch, glibc ?? '');
  if (reason === null) expect(obstacle).toBeNull();
  else expect(obstacle).toContain(reason);
});
