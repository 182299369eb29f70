import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import type { Engine, EngineName } from './engine.ts';
import { engines, selectEngine, type EngineDefinition } from './index.ts';

const created: string[] = [];

const working = (name: EngineName): EngineDefinition => ({
  prepare: async () => ({ name, description: `${name} of the test` }),
  create: async (handle) => {
    created.push(name);
    return { name, description: handle.description, handle } as Engine;
  },
});

const broken = (reason: string): EngineDefinition => ({
  prepare: async () => {
    throw new Error(reason);
  },
  create: async () => {
    throw new Error('not prepared');
  },
});

/** No GPU, unless a test says otherwise. */
const definitions = (some: Partial<Record<EngineName, EngineDefinition>>): Record<EngineName, EngineDefinition> => ({
  tensorflow: broken('no compiler'),
  webgpu: broken('no adapter'),
  wasm: broken('no binaries'),
  ...some,
});

describe('selectEngine', () => {
  it('tries tensorflow, then webgpu, then wasm', () => {
    expect(Object.keys(engines)).toEqual(['tensorflow', 'webgpu', 'wasm']);
  });

  it('takes the first engine that works, and starts no other', async () => {
    created.length = 0;
    const { engine, rejected } = await selectEngine('auto', {
      definitions: definitions({ tensorflow: working('tensorflow'), wasm: working('wasm') }),
    });
    expect(engine.name).toBe('tensorflow');
    expect(rejected).toEqual([]);
    expect(created).toEqual(['tensorflow']);
  });

  it('auto reports what it left, with the reason', async () => {
    const { engine, rejected } = await selectEngine('auto', {
      definitions: definitions({ tensorflow: broken('no compiler: apt-get install g++'), wasm: working('wasm') }),
    });
    expect(engine.name).toBe('wasm');
    expect(rejected).toEqual([
      { name: 'tensorflow', reason: 'no compiler: apt-get install g++' },
      { name: 'webgpu', reason: 'no adapter' },
    ]);
  });

  it('auto reports an engine that was prepared and does not start', async () => {
    const failing: EngineDefinition = { ...working('tensorflow'), create: async () => Promise.reject(new Error('illegal instruction')) };
    const { rejected } = await selectEngine('auto', { definitions: definitions({ tensorflow: failing, wasm: working('wasm') }) });
    expect(rejected[0]).toEqual({ name: 'tensorflow', reason: 'illegal instruction' });
  });

  it('never replaces an engine that was asked for by name', async () => {
    created.length = 0;
    const error = await errorOf(() =>
      selectEngine('tensorflow', { definitions: definitions({ tensorflow: broken('no compiler'), wasm: working('wasm') }) }),
    );
    expect(error.message).toBe('engine tensorflow: no compiler');
    expect(created).toEqual([]);
  });

  it('auto leaves an engine that is for those who ask for it by name, and says why; by name it is taken', async () => {
    const slow: EngineDefinition = {
      ...working('webgpu'),
      prepare: async () => ({ name: 'webgpu', description: 'in software', onlyByName: 'slower than the next' }),
    };
    const { engine, rejected } = await selectEngine('auto', { definitions: definitions({ webgpu: slow, wasm: working('wasm') }) });
    expect(engine.name).toBe('wasm');
    expect(rejected[1]).toEqual({ name: 'webgpu', reason: 'slower than the next' });
    expect((await selectEngine('webgpu', { definitions: definitions({ webgpu: slow }) })).engine.name).toBe('webgpu');
  });

  it('says of every engine why none can be had', async () => {
    const error = await errorOf(() =>
      selectEngine('auto', { definitions: definitions({ tensorflow: broken('no compiler'), wasm: broken('no binaries') }) }),
    );
    expect(error.message).toBe('engine tensorflow: no compiler; engine webgpu: no adapter; engine wasm: no binaries');
  });

  it.each(['cuda', '', 'toString'])('refuses the unknown engine "%s" and names the allowed ones', async (name) => {
    const error = await errorOf(() => selectEngine(name));
    expect(error.message).toBe(`unknown engine "${name}"; allowed: auto, tensorflow, webgpu, wasm`);
  });
});
