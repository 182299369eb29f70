import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import type { Engine } from './engine.ts';
import { engines, selectEngine, type EngineDefinition } from './index.ts';

const created: string[] = [];

const working = (name: 'tensorflow' | 'wasm'): EngineDefinition => ({
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

describe('selectEngine', () => {
  it('tries tensorflow before wasm', () => {
    expect(Object.keys(engines)).toEqual(['tensorflow', 'wasm']);
  });

  it('takes the first engine that works, and starts no other', async () => {
    created.length = 0;
    const { engine, rejected } = await selectEngine('auto', { definitions: { tensorflow: working('tensorflow'), wasm: working('wasm') } });
    expect(engine.name).toBe('tensorflow');
    expect(rejected).toEqual([]);
    expect(created).toEqual(['tensorflow']);
  });

  it('auto reports what it left, with the reason', async () => {
    const { engine, rejected } = await selectEngine('auto', { definitions: { tensorflow: broken('no compiler: apt-get install g++'), wasm: working('wasm') } });
    expect(engine.name).toBe('wasm');
    expect(rejected).toEqual([{ name: 'tensorflow', reason: 'no compiler: apt-get install g++' }]);
  });

  it('auto reports an engine that was prepared and does not start', async () => {
    const failing: EngineDefinition = { ...working('tensorflow'), create: async () => Promise.reject(new Error('illegal instruction')) };
    const { rejected } = await selectEngine('auto', { definitions: { tensorflow: failing, wasm: working('wasm') } });
    expect(rejected).toEqual([{ name: 'tensorflow', reason: 'illegal instruction' }]);
  });

  it('never replaces an engine that was asked for by name', async () => {
    created.length = 0;
    const error = await errorOf(() => selectEngine('tensorflow', { definitions: { tensorflow: broken('no compiler'), wasm: working('wasm') } }));
    expect(error.message).toBe('engine tensorflow: no compiler');
    expect(created).toEqual([]);
  });

  it('says of every engine why none can be had', async () => {
    const error = await errorOf(() => selectEngine('auto', { definitions: { tensorflow: broken('no compiler'), wasm: broken('no binaries') } }));
    expect(error.message).toBe('engine tensorflow: no compiler; engine wasm: no binaries');
  });

  it.each(['cuda', '', 'toString'])('refuses the unknown engine "%s" and names the allowed ones', async (name) => {
    const error = await errorOf(() => selectEngine(name));
    expect(error.message).toBe(`unknown engine "${name}"; allowed: auto, tensorflow, wasm`);
  });
});
