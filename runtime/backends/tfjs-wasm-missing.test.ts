import { afterEach, expect, it, vi } from 'vitest';
import { createTfjsWasmBackend } from './tfjs-wasm.ts';

afterEach(() => vi.restoreAllMocks());

// In a file of its own: TensorFlow.js remembers a failed initialisation for the whole process.
it('says where it looked when the binaries are not there', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await expect(createTfjsWasmBackend({ wasmPaths: '/nowhere/' }).init()).rejects.toMatchObject({
    code: 'PROGRAM_FILE_MISSING',
    message: expect.stringContaining('own file "/nowhere/"') as unknown as string,
  });
});
