import type { Engine, Trace } from '../engines/engine.ts';

/** The engine, and how many computations it repeated by their ops alone so far. */
export function countedRepetitions(engine: Engine): { engine: Engine; count(): number } {
  let repetitions = 0;
  const counted = (trace: Trace): Trace => {
    const { run } = trace;
    // The same object: traces know each other.
    return Object.assign(trace, { run: (...inputs: Parameters<Trace['run']>) => (repetitions++, run(...inputs)) });
  };
  return {
    engine: {
      ...engine,
      trace(...computation) {
        const traced = engine.trace!(...computation);
        return traced.trace ? { ...traced, trace: counted(traced.trace) } : traced;
      },
    },
    count: () => repetitions,
  };
}
