import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { AppError } from '@sld-edge/runtime';
import { ConfigError } from '../config.ts';
import type { PlainHandler } from './plain.ts';

/** Keys with which images may be sent. Only their SHA-256 is kept: a key is 256 random bits, which no list of words holds. */
export interface ApiKeys {
  /** @returns the name of the key, undefined if there is no such key */
  nameOf(key: string): string | undefined;
  /** Reads the file again. @throws ConfigError, and the keys stay as they were */
  reload(): void;
}

interface Entry {
  name: string;
  sha256: Buffer;
}

const PREFIX = 'sldk_';
const KEY_BYTES = 32;
const LINE = /^([\w.-]{1,64}) ([\da-f]{64})$/;

/** @param file a line a key: its name and its SHA-256; empty lines and those that begin with `#` are passed over */
export function openApiKeys(file: string): ApiKeys {
  let entries = readEntries(file);
  return {
    nameOf(key) {
      const sha256 = hashOf(key);
      // All are compared, and each whole: the time tells nothing.
      return entries.filter((entry) => timingSafeEqual(entry.sha256, sha256)).at(0)?.name;
    },
    reload() {
      entries = readEntries(file);
    },
  };
}

/**
 * Makes a key and adds it to a file.
 *
 * @returns the key, which nothing can tell again
 * @throws ConfigError where the name is taken or is none
 */
export function addApiKey(file: string, name: string): string {
  const key = PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  const line = `${name} ${hashOf(key).toString('hex')}`;
  if (!LINE.test(line))
    throw new ConfigError(`expected a name of letters, digits, ".", "_" and "-", at most 64, got ${JSON.stringify(name)}`);
  if (existsSync(file) && readEntries(file).some((entry) => entry.name === name))
    throw new ConfigError(`${file} has a key "${name}" already; choose another name, or delete its line`);
  appendFileSync(file, `${line}\n`, { mode: 0o600 });
  return key;
}

/**
 * Answers 401 to what comes without a key: everything but GET, HEAD and a browser's OPTIONS. A key is sent as `Authorization: Bearer KEY` or
 * as `X-Api-Key: KEY`.
 */
export function requireApiKey(keys: Pick<ApiKeys, 'nameOf'>, { alsoGet = false } = {}): PlainHandler {
  return function checkApiKey(request, response, next) {
    if (!alsoGet && ['GET', 'HEAD', 'OPTIONS'].includes(request.method!)) return next();
    response.setHeader('WWW-Authenticate', 'Bearer');
    response.locals.apiKey = keyNameOf(keys, request.headers);
    response.removeHeader('WWW-Authenticate');
    next();
  };
}

/** Finds the name of the key that came in headers, or in the metadata of a call. @throws AppError API_KEY_REQUIRED */
export function keyNameOf(keys: Pick<ApiKeys, 'nameOf'>, headers: Record<string, unknown>): string {
  const key = sentKey(headers);
  const name = key === undefined ? undefined : keys.nameOf(key);
  if (name !== undefined) return name;
  throw new AppError('API_KEY_REQUIRED', { reason: key === undefined ? 'none came' : 'the one that came is none of this server' });
}

function sentKey(headers: Record<string, unknown>): string | undefined {
  const { authorization } = headers;
  const bearer = /^Bearer +(\S+)$/i.exec(typeof authorization === 'string' ? authorization : '')?.[1];
  const own = headers['x-api-key'];
  return bearer ?? (typeof own === 'string' ? own : undefined);
}

function readEntries(file: string): Entry[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const entries = lines.flatMap((text, i) => {
    if (text.trim() === '' || text.startsWith('#')) return [];
    const [, name, sha256] = LINE.exec(text.trim()) ?? [];
    // Not shown: it may be a key that somebody put here as it is.
    if (name === undefined) throw new ConfigError(`API_KEYS_FILE: expected a name and a SHA-256 in line ${i + 1} of ${file}`);
    return [{ name, sha256: Buffer.from(sha256, 'hex') }];
  });
  if (entries.length === 0) throw new ConfigError(`API_KEYS_FILE: expected at least one key in ${file}, got none`);
  return entries;
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();
