export { provisionTensorflow } from './provision.ts';
export { loadTensorflow } from './load.ts';
export { probeEngine } from './probe.ts';
export type { ProvisionProgress } from './progress.ts';
export { defaultCacheDir } from '../../support/cache-dir.ts';
export { findNvidiaGpu, platformObstacle } from './platform.ts';
export { checkBuildTools, checkDisk, checkPip, installCommand, type Prerequisite } from './prerequisites.ts';
export { inspectEngine } from './inspect.ts';
