import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { SETTINGS, settingsTable } from './configuration/settings.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-config-'));
afterAll(() => rmSync(dir, { recursive: true }));
const read = (env: Record<string, string>, args: string[] = []) => readConfig({ MODELS_DIR: dir, CLIENT_DIR: dir, ...env }, args);
/** A configuration file. */
const write = (settings: object): string => {
  const file = path.join(dir, 'server.json');
  writeFileSync(file, JSON.stringify(settings));
  return file;
};

describe('readConfig', () => {
  it('has the documented defaults', () => {
    expect(read({})).toEqual({
      host: '0.0.0.0',
      port: 8080,
      grpcPort: null,
      modelsDir: dir,
      clientDir: dir,
      limits: { maxBytes: 10_485_760, maxPixels: 50_000_000, maxSide: 32_768, maxDecodingBytes: 256_000_000 },
      workers: availableParallelism(),
      inferenceThreads: 1,
      float32Backend: 'tfjs-wasm',
      queueLimit: 16 * availableParallelism(),
      decodeTimeoutMs: 10_000,
      uploadBudgetBytes: 33_554_432,
      requestTimeoutMs: 30_000,
      maxConnections: 1000,
      allowedHosts: null,
      drainTimeoutMs: 10_000,
      watchModels: true,
      modelMemoryBytes: null,
      deadlineMs: 30_000,
      trustedProxies: 0,
      rateLimitPerMinute: null,
      apiKeysFile: null,
      corsOrigins: [],
      frameOrigins: [],
      tls: null,
    });
  });

  it('takes what is set', () => {
    expect(
      read({
        PORT: '0',
        HOST: '127.0.0.1',
        MAX_IMAGE_BYTES: '5',
        WORKERS: '3',
        INFERENCE_THREADS: '2',
        QUEUE_LIMIT: '0',
        MAX_IMAGE_SIDE: '9',
        DECODING_BUDGET_BYTES: '1000000',
        DECODE_TIMEOUT_MS: '7',
        UPLOAD_BUDGET_BYTES: '6',
        ALLOWED_HOSTS: 'Shapes.example, [::1]',
      }),
    ).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      limits: { maxBytes: 5, maxSide: 9, maxDecodingBytes: 1_000_000 },
      decodeTimeoutMs: 7,
      uploadBudgetBytes: 6,
      workers: 3,
      inferenceThreads: 2,
      queueLimit: 0,
      allowedHosts: ['shapes.example', '[::1]'],
    });
  });

  it.each([
    [{ PORT: 'http' }, 'PORT: expected an integer in [0, 65535], got "http"'],
    [{ PORT: '65536' }, 'PORT: expected an integer in [0, 65535], got "65536"'],
    [{ WORKERS: '0' }, 'WORKERS: expected an integer in [1, 256], got "0"'],
    [{ CONCURRENCY: '2' }, 'CONCURRENCY: it is called WORKERS now, or --workers on the command line'],
    [{ INFERENCE_THREADS: '0' }, 'INFERENCE_THREADS: expected an integer in [1, 16], got "0"'],
    [{ MAX_IMAGE_PIXELS: '1e6' }, 'MAX_IMAGE_PIXELS: expected an integer in [1, 1000000000], got "1e6"'],
    [{ MAX_IMAGE_BYTES: '100', UPLOAD_BUDGET_BYTES: '99' }, 'UPLOAD_BUDGET_BYTES: expected at least MAX_IMAGE_BYTES (100), got 99'],
    [{ DECODE_TIMEOUT_MS: '0' }, 'DECODE_TIMEOUT_MS: expected an integer in [1, 600000], got "0"'],
    [{ DRAIN_TIMEOUT_MS: '-1' }, 'DRAIN_TIMEOUT_MS: expected an integer in [0, 600000], got "-1"'],
    [{ MAX_CONNECTIONS: '0' }, 'MAX_CONNECTIONS: expected an integer in [1, 100000], got "0"'],
    [{ REQUEST_TIMEOUT_MS: '30 s' }, 'REQUEST_TIMEOUT_MS: expected an integer in [1000, 600000], got "30 s"'],
    [
      { ALLOWED_HOSTS: 'a.example,http://b' },
      'ALLOWED_HOSTS: expected host names without port, separated by commas, got "a.example,http://b"',
    ],
    [{ MODELS_DIR: '/nowhere' }, 'MODELS_DIR: expected a folder, there is none at /nowhere'],
    [
      { CORS_ORIGINS: 'https://a.example/' },
      'CORS_ORIGINS: expected origins like https://shop.example, without a path, separated by commas, got "https://a.example/"',
    ],
    [{ FLOAT32_BACKEND: 'onxx' }, 'FLOAT32_BACKEND: expected tfjs-wasm or onnx, got "onxx"'],
    [{ WATCH_MODELS: 'yes' }, 'WATCH_MODELS: expected true or false, got "yes"'],
    [
      { GRPC_PORT: '8081', RATE_LIMIT_PER_MINUTE: '9' },
      'GRPC_PORT: expected none beside RATE_LIMIT_PER_MINUTE, which gRPC lacks, got 8081',
    ],
    [{ TLS_CERT: import.meta.filename }, 'TLS_KEY: expected the key of TLS_CERT, got none'],
    [{ TLS_KEY: import.meta.filename }, 'TLS_CERT: expected the certificate of TLS_KEY, got none'],
    [{ API_KEYS_FILE: '/nowhere' }, 'API_KEYS_FILE: expected a file, there is none at /nowhere'],
    [{ CLIENT_DIR: '/nowhere' }, 'CLIENT_DIR: expected a folder, there is none at /nowhere'],
  ])('refuses %o with one line', (env, line) => {
    expect(() => read(env as unknown as Record<string, string>)).toThrow(new ConfigError(line));
  });

  it('lists every fault at once, in the words of whoever stated it', () => {
    const file = write({ queueLimit: -1, prot: 80, allowedHosts: ['a.example', 'http://b'], workers: '2', host: 7 });
    expect(() => read({ PORT: 'http', CONFIG_FILE: file }, ['x', '--workers=none', '--inference-threads', '--quick', 'y'])).toThrow(
      new ConfigError(
        [
          'x: there is no such flag; --help lists them',
          '--inference-threads: expected a value after it, got nothing',
          '--quick: there is no such flag; --help lists them',
          `${file}: there is no setting "prot"; allowed: ${Object.keys(SETTINGS).join(', ')}`,
          'PORT: expected an integer in [0, 65535], got "http"',
          `${file}: host: expected an address of this machine, got 7`,
          '--workers: expected an integer in [1, 256], got "none"',
          `${file}: queueLimit: expected an integer in [0, 100000], got -1`,
          `${file}: allowedHosts: expected host names without port, separated by commas, got ["a.example","http://b"]`,
        ].join('\n'),
      ),
    );
  });

  it.each([
    ['[]', 'expected a JSON object of settings, got an array'],
    ['7', 'expected a JSON object of settings, got number'],
    ['{', 'expected a JSON object of settings: '],
  ])('says that a file is none of settings: %s', (content, fault) => {
    const file = path.join(dir, 'wrong.json');
    writeFileSync(file, content);
    expect(() => read({ CONFIG_FILE: file })).toThrow(`${file}: ${fault}`);
    expect(() => read({}, ['--config', path.join(dir, 'none.json')])).toThrow('none.json: expected a JSON object of settings: ENOENT');
  });

  it('prefers a flag to the environment, and the environment to the file', () => {
    const file = write({ port: 1, workers: 1, queueLimit: 1, allowedHosts: ['A.example'] });
    const config = read({ PORT: '2', WORKERS: '2' }, ['--config', file, '--workers', '3']);
    expect(config).toMatchObject({ port: 2, workers: 3, queueLimit: 1, allowedHosts: ['a.example'] });
    expect(read({}, [`--config=${write({ workers: 2 })}`]).queueLimit).toBe(32);
  });
});

it('docs/server.md has the table of the settings', () => {
  expect(readFileSync(new URL('../docs/server.md', import.meta.url), 'utf8')).toContain(settingsTable());
});
