/** All that `bench:web` times, by the name that its tables print. A further one is a line here. */
import { INTEGER_WASM_NAMES, type IntegerWasmName } from '@sld-edge/runtime';
import type { OpenSubject } from './subject.ts';

interface Subject {
  /** Loads it, and nothing of the others. */
  load(): Promise<OpenSubject>;
  /** True if it computes with more than one thread where it is told to. */
  hasThreads: boolean;
}

const integer = (backend: IntegerWasmName): Subject => ({
  load: async () => (await import('./integer.ts')).openInteger(backend),
  hasThreads: true,
});

/** Every backend of integer programs in WebAssembly. */
const OURS = Object.fromEntries(INTEGER_WASM_NAMES.map((name) => [name, integer(name)])) as Record<IntegerWasmName, Subject>;

export const SUBJECTS = {
  ...OURS,
  'tfjs-wasm': { load: async () => (await import('./tfjs.ts')).openTfjs, hasThreads: false },
  'ORT-web float32': { load: async () => (await import('./onnx.ts')).openOnnxWeb('model.onnx'), hasThreads: true },
  'ORT-web int8': { load: async () => (await import('./onnx.ts')).openOnnxWeb('model-int8.onnx'), hasThreads: true },
  'LiteRT float32': { load: async () => (await import('./litert.ts')).openLiteRt('model.tflite'), hasThreads: true },
  'LiteRT int8': { load: async () => (await import('./litert.ts')).openLiteRt('model-int8.tflite'), hasThreads: true },
} satisfies Record<string, Subject>;

export type SubjectName = keyof typeof SUBJECTS;

export const OUR_SUBJECTS: readonly SubjectName[] = INTEGER_WASM_NAMES;
