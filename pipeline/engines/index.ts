/** The training engines, in the order in which `auto` tries them. Which one answered is always said and recorded. */
import type { Engine, EngineHandle, EngineName } from './engine.ts';
import type { ProvisionProgress } from './provision/index.ts';
import { createTensorflowEngine, prepareTensorflow } from './tensorflow.ts';
import { createWasmEngine, wasmHandle } from './wasm.ts';
import { createWebgpuEngine, prepareWebgpu } from './webgpu.ts';

export interface EngineDefinition {
  /** Makes the engine possible on this machine. @throws Error in one line: why not, and what to do. */
  prepare(onProgress?: (progress: ProvisionProgress) => void, coresPerOp?: number): Promise<EngineHandle>;
  /** Starts it in this thread. */
  create(handle: EngineHandle): Promise<Engine>;
}

export const engines: Record<EngineName, EngineDefinition> = {
  tensorflow: { prepare: prepareTensorflow, create: async (handle) => createTensorflowEngine(handle) },
  webgpu: { prepare: prepareWebgpu, create: createWebgpuEngine },
  wasm: { prepare: async () => wasmHandle, create: createWasmEngine },
};

/** The same engine in another thread. */
export const createEngine = (handle: EngineHandle): Promise<Engine> => engines[handle.name].create(handle);

export interface EngineSelection {
  engine: Engine;
  /** Engines that came first and can't be used here, with the reason. */
  rejected: { name: EngineName; reason: string }[];
}

export interface SelectOptions {
  onProgress?: (progress: ProvisionProgress) => void;
  /** Cores that one op may use; default all. */
  coresPerOp?: number;
  /** The engines to choose from, in order. */
  definitions?: Record<EngineName, EngineDefinition>;
}

/**
 * @param wanted an engine's name, or `auto` for the first that this machine can run
 * @throws Error if a wanted engine can't be had: there is no fallback from an engine asked for by name
 */
export async function selectEngine(
  wanted: string,
  { onProgress, coresPerOp, definitions = engines }: SelectOptions = {},
): Promise<EngineSelection> {
  if (wanted !== 'auto' && !Object.hasOwn(definitions, wanted))
    throw new Error(`unknown engine "${wanted}"; allowed: auto, ${Object.keys(definitions).join(', ')}`);
  const candidates = (wanted === 'auto' ? Object.keys(definitions) : [wanted]) as EngineName[];
  const rejected: EngineSelection['rejected'] = [];
  for (const name of candidates) {
    try {
      const handle = await definitions[name].prepare(onProgress, coresPerOp);
      if (wanted === 'auto' && handle.onlyByName) throw new Error(handle.onlyByName);
      return { engine: await definitions[name].create(handle), rejected };
    } catch (error) {
      rejected.push({ name, reason: (error as Error).message });
    }
  }
  throw new Error(rejected.map(({ name, reason }) => `engine ${name}: ${reason}`).join('; '));
}

export type { Engine, EngineHandle, EngineName } from './engine.ts';
