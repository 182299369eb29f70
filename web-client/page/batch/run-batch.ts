/**
 * Works through items with at most a few under way, so that what they hold does not add up.
 *
 * @param inFlight most that are under way at a time
 * @param signal begins nothing more once it is aborted; what is under way ends
 * @param work must not reject: what fails is a result too
 * @returns number of items that were begun
 */
export async function runBatch<Item>(
  items: readonly Item[],
  inFlight: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && !signal.aborted) await work(items[next++]);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return next;
}
