import { say } from './say.ts';

const EVERY_MS = 9_000;

/** Awaits work that tells nothing by itself, and says every few seconds that it goes on. */
export async function whileWaiting<T>(what: string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const timer = setInterval(() => say(`${what}: ${Math.round((performance.now() - began) / 1000)} s so far`), EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
