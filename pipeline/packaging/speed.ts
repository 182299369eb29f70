/** Time of one image on this machine: by each variant of a written package, and by the teacher. It is in no package, which is the same wherever it was made. */
import { availableParallelism, cpus } from 'node:os';
import { createClassifier, loadManifest, loadPackage, variantNames, type LoadedNetwork, type VariantName } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import type { RunData } from '../data/run-data.ts';
import type { Engine } from '../engines/engine.ts';
import { modelPixels } from '../evaluation/model-input.ts';
import { programBackend, programBackendFor } from '../evaluation/program-backend.ts';
import { createNodeWasmBackend } from '../evaluation/reference-backend.ts';
import { openTeacherRunner } from '../teachers/runner.ts';
import type { Teacher } from '../teachers/teacher.ts';

export interface Latency {
  /** Name of what computed. */
  backend: string;
  /** Median over single images. */
  milliseconds: number;
}

export interface Speed {
  /** Processor and number of cores. */
  machine: string;
  variants: Partial<Record<VariantName, Latency>>;
  /** Absent where the student had none. */
  teacher?: Latency;
}

const WARM_UP = 3;
const LEAST_PASSES = 3;
const MOST_PASSES = 25;
/** Passes end after so long. */
const MOST_MS = 2000;

/**
 * @param folder a written package; its golden images are what it is timed on
 * @param teacher timed on the engine that trained
 */
export async function measureSpeed(
  folder: string,
  data: Pick<RunData, 'test' | 'inputShape'>,
  engine: Engine,
  teacher: Teacher | undefined,
): Promise<Speed> {
  const read = readFolder(folder);
  const names = variantNames(await loadManifest(read));
  const variants: Speed['variants'] = {};
  for (const variant of names) {
    const pkg = await loadPackage(read, { variant });
    const classifier = await createClassifier(pkg, await backendFor(pkg.network));
    const first = pkg.goldenPixels.subarray(0, pkg.goldenPixels.length / pkg.goldens.count);
    variants[variant] = { backend: classifier.backend, milliseconds: await medianMs(() => classifier.classifyPixels(first)) };
    classifier.dispose();
  }
  return {
    machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores`,
    variants,
    ...(teacher && { teacher: await teacherLatency(teacher, data, engine) }),
  };
}

/** Text for people, in one line. */
export function speedText({ machine, variants, teacher }: Speed): string {
  const text = (name: string, { backend, milliseconds }: Latency): string => `${name} ${msText(milliseconds)} on ${backend}`;
  const all = [...Object.entries(variants).map(([name, latency]) => text(name, latency)), ...(teacher ? [text('teacher', teacher)] : [])];
  return `speed: an image takes ${all.join(', ')} (${machine}; one image at a time, medians)`;
}

/** Milliseconds with two digits or more: `0.31 ms`, `4.2 ms`, `118 ms`. */
export const msText = (milliseconds: number): string => `${milliseconds >= 100 ? milliseconds.toFixed(0) : milliseconds.toPrecision(2)} ms`;

const backendFor = async (network: LoadedNetwork) =>
  network.kind === 'graph' ? createNodeWasmBackend() : programBackend(await programBackendFor(network.program));

async function teacherLatency(
  { handle, preprocessing }: Teacher,
  { test, inputShape }: Pick<RunData, 'test' | 'inputShape'>,
  engine: Engine,
): Promise<Latency> {
  const runner = await openTeacherRunner(handle, engine);
  const pixels = modelPixels(test.images.range(0, 1), 1, inputShape, preprocessing);
  const milliseconds = await medianMs(() => runner.logits(pixels, 1));
  await runner.dispose();
  return { backend: handle.kind === 'onnx' ? 'ONNX Runtime' : engine.name, milliseconds };
}

async function medianMs(one: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  const began = performance.now();
  for (let pass = 0; pass < WARM_UP + MOST_PASSES; pass++) {
    const start = performance.now();
    await one();
    if (pass >= WARM_UP) times.push(performance.now() - start);
    if (times.length >= LEAST_PASSES && performance.now() - began > MOST_MS) break;
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}
