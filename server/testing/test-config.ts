import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import type { ServerConfig } from '../config.ts';

/** A server of one worker on a free port, without a client. */
export function testConfig(modelsDir: string, changes: Partial<ServerConfig> = {}): ServerConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    grpcPort: null,
    modelsDir,
    clientDir: null,
    limits: DEFAULT_LIMITS,
    watchModels: false,
    trustedProxies: 0,
    rateLimitPerMinute: null,
    apiKeysFile: null,
    corsOrigins: [],
    frameOrigins: [],
    tls: null,
    modelMemoryBytes: null,
    deadlineMs: 60_000,
    workers: 1,
    inferenceThreads: 1,
    float32Backend: 'tfjs-wasm',
    queueLimit: 4,
    decodeTimeoutMs: 60_000,
    uploadBudgetBytes: 4 * DEFAULT_LIMITS.maxBytes,
    requestTimeoutMs: 30_000,
    maxConnections: 1000,
    allowedHosts: null,
    drainTimeoutMs: 5000,
    ...changes,
  };
}
