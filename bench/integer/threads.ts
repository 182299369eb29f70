import { createIntegerWasmBackend } from '@sld-edge/runtime';
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import { startKernelThread } from '../../pipeline/support/kernel-thread.ts';

export interface ThreadTimes {
  /** Least and median milliseconds of an image, by the clock. */
  one: [least: number, median: number];
  many: [least: number, median: number];
}

/** Calls one after the other of a turn: helpers that were asleep are awake from the second on, as with a video's frames. */
const CALLS = 3;

/** Times a program on one thread and on several, by turns. @throws Error where a helper thread is lost */
export async function timeThreads(program: IntegerProgram, pixels: Uint8Array, count: number, turns: number): Promise<ThreadTimes> {
  let lost: string | undefined;
  const threads = { count, start: startKernelThread, onLost: (reason: string) => (lost = reason) };
  const programs = [
    await createIntegerWasmBackend('wasm').loadProgram(program),
    await createIntegerWasmBackend('wasm', { threads }).loadProgram(program),
  ];
  const times: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { integerLogits }] of programs.entries()) {
      for (let call = 0; call < CALLS; call++) {
        const started = performance.now();
        await integerLogits(pixels);
        times[i].push(performance.now() - started);
      }
    }
  }
  for (const each of programs) each.dispose();
  if (lost !== undefined) throw new Error(lost);
  const [one, many] = times.map((each) => each.sort((a, b) => a - b)).map((each): [number, number] => [each[0], each[each.length >> 1]]);
  return { one, many };
}
