import { createRequire, Module } from 'node:module';
import type * as TensorflowNode from '@tensorflow/tfjs-node-gpu';
import type { ProvisionedTensorflow } from './provision.ts';

/** Functions of node:util that tfjs-node still calls: Node 22 warns of them, Node 23 removed them. */
const RETIRED_FROM_UTIL: Readonly<Record<string, (value: unknown) => boolean>> = {
  isArray: Array.isArray,
  isBoolean: (value) => typeof value === 'boolean',
  isFunction: (value) => typeof value === 'function',
  isNull: (value) => value === null,
  isNullOrUndefined: (value) => value === null || value === undefined,
  isNumber: (value) => typeof value === 'number',
  isObject: (value) => value !== null && typeof value === 'object',
  isString: (value) => typeof value === 'string',
  isUndefined: (value) => value === undefined,
};

/**
 * Loads `@tensorflow/tfjs-node-gpu` on a provisioned native TensorFlow, without writing into node_modules.
 * Afterwards `tensorflow` is the package's backend. May be called again, and in several worker threads.
 *
 * TensorFlow reads its log level from the process's environment, and a worker thread's `process.env` is a copy:
 * load it in the main thread first, or set `TF_CPP_MIN_LOG_LEVEL` outside, to have workers quiet.
 * @throws the loader's error when the binding does not fit this machine; {@link probeEngine} finds that out safely.
 */
export function loadTensorflow(provisioned: Pick<ProvisionedTensorflow, 'bindingPath'>): typeof TensorflowNode {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';

  const require = createRequire(import.meta.url);
  const util = require('node:util') as Record<string, unknown>;
  for (const [name, replacement] of Object.entries(RETIRED_FROM_UTIL)) util[name] = replacement;

  // tfjs-node asks node-pre-gyp where its binding lies; answering in its place keeps the installed package as it came.
  const fromPackage = createRequire(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  const locatorPath = fromPackage.resolve('@mapbox/node-pre-gyp');
  const loaded = fromPackage.cache[locatorPath];
  const answer = new Module(locatorPath);
  answer.exports = { find: () => provisioned.bindingPath };
  answer.loaded = true;
  fromPackage.cache[locatorPath] = answer;
  try {
    return require('@tensorflow/tfjs-node-gpu') as typeof TensorflowNode;
  } finally {
    if (loaded) fromPackage.cache[locatorPath] = loaded;
    else delete fromPackage.cache[locatorPath];
  }
}
