/** Locks that are released when the process ends of itself or by Ctrl-C. `kill -9` leaves them to their time. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const held = new Set<() => void>();

/** @returns a function that forgets the lock */
export function guardAtExit(remove: () => void): () => void {
  if (held.size === 0) {
    process.on('exit', removeAll);
    for (const signal of SIGNALS) process.on(signal, endBy);
  }
  held.add(remove);
  return () => {
    held.delete(remove);
    if (held.size > 0) return;
    process.off('exit', removeAll);
    for (const signal of SIGNALS) process.off(signal, endBy);
  };
}

function removeAll(): void {
  for (const remove of held) remove();
}

/** Ends as without this handler; where the program has one of its own, that one decides. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  process.off(signal, endBy);
  process.kill(process.pid, signal);
}
