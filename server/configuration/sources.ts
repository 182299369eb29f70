import { readFileSync } from 'node:fs';
import { serverFlagOf, RENAMED_VARIABLES, SETTINGS, variableOf, type ServerSettingKey } from './settings.ts';

/** A value as somebody stated it. */
export interface Stated {
  value: unknown;
  /** Its name at the place where it was stated: a flag, a variable, or a key of the file. */
  name: string;
}

/** Settings as they were stated, and one line for everything that is none. */
export interface Sources {
  stated: Partial<Record<ServerSettingKey, Stated>>;
  faults: string[];
}

const KEYS = Object.keys(SETTINGS) as ServerSettingKey[];
const CONFIG_FLAG = '--config';

/** Joins the sources: a flag wins over the environment, the environment over the file. */
export function readSources(env: Record<string, string | undefined>, args: readonly string[]): Sources {
  const flags = readFlags(args);
  const file = readConfigurationFile(flags.config ?? env.CONFIG_FILE);
  const variables = readVariables(env);
  return {
    stated: { ...file.stated, ...variables.stated, ...flags.stated },
    faults: [...flags.faults, ...variables.faults, ...file.faults],
  };
}

function readVariables(env: Record<string, string | undefined>): Sources {
  const stated: Sources['stated'] = {};
  for (const key of KEYS) {
    const value = env[variableOf(key)];
    // Set to nothing is not set: `docker run -e NAME=`.
    if (value !== undefined && value !== '') stated[key] = { value, name: variableOf(key) };
  }
  const faults = Object.entries(RENAMED_VARIABLES)
    .filter(([old]) => env[old] !== undefined && env[old] !== '')
    .map(([old, key]) => `${old}: it is called ${variableOf(key)} now, or ${serverFlagOf(key)} on the command line`);
  return { stated, faults };
}

/** `--workers 2` or `--workers=2`. */
function readFlags(args: readonly string[]): Sources & { config?: string } {
  const stated: Sources['stated'] = {};
  const faults: string[] = [];
  let config: string | undefined;
  const rest = [...args];
  while (rest.length > 0) {
    const [flag, ...after] = rest.shift()!.split('=');
    const key = KEYS.find((candidate) => serverFlagOf(candidate) === flag);
    if (key === undefined && flag !== CONFIG_FLAG) {
      faults.push(`${flag}: there is no such flag; --help lists them`);
      // Its value, were there one.
      if (flag.startsWith('--') && after.length === 0 && rest.length > 0 && !rest[0].startsWith('--')) rest.shift();
      continue;
    }
    const value = after.length > 0 ? after.join('=') : rest[0]?.startsWith('--') ? undefined : rest.shift();
    if (value === undefined) faults.push(`${flag}: expected a value after it, got nothing`);
    else if (key === undefined) config = value;
    else stated[key] = { value, name: flag };
  }
  return { stated, faults, config };
}

/** A JSON object with a setting's key for each value. */
function readConfigurationFile(file: string | undefined): Sources {
  if (!file) return { stated: {}, faults: [] };
  const document = parsed(file);
  if (typeof document === 'string') return { stated: {}, faults: [document] };
  const stated: Sources['stated'] = {};
  const faults: string[] = [];
  for (const [key, value] of Object.entries(document)) {
    if (Object.hasOwn(SETTINGS, key)) stated[key as ServerSettingKey] = { value, name: `${file}: ${key}` };
    else faults.push(`${file}: there is no setting "${key}"; allowed: ${KEYS.join(', ')}`);
  }
  return { stated, faults };
}

/** @returns one line where it cannot be read */
function parsed(file: string): object | string {
  try {
    const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document;
    return `${file}: expected a JSON object of settings, got ${Array.isArray(document) ? 'an array' : typeof document}`;
  } catch (error) {
    return `${file}: expected a JSON object of settings: ${(error as Error).message}`;
  }
}
