/** Runs tasks one after the other; each call's promise settles with its own task's result. */
export type SerialQueue = <Result>(task: () => Promise<Result>) => Promise<Result>;

/**
 * One promise chain. Inference is serial because TensorFlow.js's current backend and tensor scopes belong to the
 * whole process, because inputs in flight would otherwise pile up in memory that WebAssembly never gives back, and
 * because a golden check must see the backend as the inferences around it did.
 */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
}
