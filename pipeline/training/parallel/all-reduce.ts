/**
 * Sums over threads in shared memory: each member writes its slot, all meet, each adds up all slots for itself. There are
 * two sets of slots, taken in turns: who still reads one sum's is not disturbed by who already writes the next one's, and
 * nobody gets to the sum after that before all have met again. Summed in the order of ranks, so that the same slots always
 * give the same bits.
 */

/** Plain data over shared memory, so that it can be sent to a worker thread. */
export interface AllReduceHandle {
  members: number;
  /** Numbers that a slot holds. */
  capacity: number;
  /** Arrived members, meetings so far, whether it was stopped. */
  control: Int32Array;
  /** `[2, members, capacity]` */
  slots: Float32Array;
}

export interface Member {
  rank: number;
  members: number;
  /** Array that this member writes before the next `sum`: another array after each. */
  readonly slot: Float32Array;
  /**
   * All members have to call it.
   * @returns `factor` · Σ slots, of the first `length` numbers, the same in all members; the caller's own
   * @throws Stopped if `stop` was called, before or while it waits
   */
  sum(length: number, factor?: number): Promise<Float32Array>;
}

/** A member with nobody to exchange with. */
export const ALONE: Member = {
  rank: 0,
  members: 1,
  slot: new Float32Array(0),
  sum: () => Promise.reject(new Error('one member alone has nothing to sum')),
};

/** Some other member ended, or the training did: there will be no more sums. */
export class Stopped extends Error {
  constructor() {
    super('the replicas were stopped');
  }
}

const [ARRIVED, MEETINGS, STOPPED] = [0, 1, 2];

export function createAllReduce(members: number, capacity: number): AllReduceHandle {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return { members, capacity, control: new Int32Array(shared(12)), slots: new Float32Array(shared(4 * 2 * members * capacity)) };
}

/** @param rank 0 to members - 1, each taken once */
export function joinAllReduce({ members, capacity, control, slots }: AllReduceHandle, rank: number): Member {
  const [these, others] = [0, 1].map((set) =>
    Array.from({ length: members }, (_, member) =>
      slots.subarray((set * members + member) * capacity, (set * members + member + 1) * capacity),
    ),
  );
  let current = these;

  /** Waits without blocking, so that the thread hears of others that failed. */
  async function meet(): Promise<void> {
    const meeting = Atomics.load(control, MEETINGS);
    if (Atomics.add(control, ARRIVED, 1) + 1 === members) {
      Atomics.store(control, ARRIVED, 0);
      Atomics.add(control, MEETINGS, 1);
      Atomics.notify(control, MEETINGS);
    } else if (!Atomics.load(control, STOPPED)) {
      while (Atomics.load(control, MEETINGS) === meeting) await Atomics.waitAsync(control, MEETINGS, meeting).value;
    }
    if (Atomics.load(control, STOPPED)) throw new Stopped();
  }

  return {
    rank,
    members,
    get slot() {
      return current[rank];
    },
    async sum(length, factor = 1) {
      if (length > capacity) throw new RangeError(`a sum of ${length} numbers; the slots hold ${capacity}`);
      const all = current;
      await meet();
      current = all === these ? others : these;
      return addUp(all, length, factor);
    },
  };
}

function addUp(slots: readonly Float32Array[], length: number, factor: number): Float32Array {
  const result = new Float32Array(length);
  if (slots.length === 2) {
    // As below, in half of the time: two replicas are what nearly every training has.
    const [first, second] = slots;
    for (let i = 0; i < length; i++) result[i] = factor * (first[i] + second[i]);
    return result;
  }
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const slot of slots) sum += slot[i];
    result[i] = factor * sum;
  }
  return result;
}

/** Wakes all that wait; this sum and later ones throw `Stopped`. */
export function stopAllReduce({ control }: AllReduceHandle): void {
  Atomics.store(control, STOPPED, 1);
  // What waits compares this number, so that nobody who is about to wait misses the call.
  Atomics.add(control, MEETINGS, 1);
  Atomics.notify(control, MEETINGS);
}
