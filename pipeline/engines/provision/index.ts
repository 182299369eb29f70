export { provisionTensorflow, type ProvisionedTensorflow, type ProvisionOptions } from './provision.ts';
export { loadTensorflow } from './load.ts';
export { probeEngine, type ProbeResult } from './probe.ts';
export { ProvisionError, type ProvisionErrorCode } from './provision-error.ts';
export type { ProvisionProgress } from './progress.ts';
export { defaultCacheDir } from '../../support/cache-dir.ts';
export { findNvidiaGpu, platformObstacle, type NvidiaGpu } from './platform.ts';
export { checkBuildTools, checkDisk, checkPip, installCommand, type Prerequisite } from './prerequisites.ts';
export { inspectEngine, type CachedEngine } from './inspect.ts';
