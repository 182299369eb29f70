/** Runs work, at most so many at once; the others wait in the order in which they came. */
export type AtOnce = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Makes a limit to what runs at once: pictures that wait hold no memory but their files. */
export function atOnce(most: number): AtOnce {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
