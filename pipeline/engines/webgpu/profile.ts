/** Records the kernels that ran, how often, and the time of each by the GPU's own clock. */

/** Runs and time of one kernel between `startProfile` and `endProfile`. */
export interface KernelTime {
  /** Key of our kernel up to its first slash, else tfjs's name of its program. */
  name: string;
  dispatches: number;
  /** Time of all runs together on the GPU's clock; absent if the device has no timestamps. */
  ms?: number;
}

export interface Profile {
  /** Descriptor of the next dispatch's pass. */
  descriptorOf(name: string): GPUComputePassDescriptor;
  /** Records that the times are put where they can be read. */
  resolve(encoder: GPUCommandEncoder): void;
  /** Once that is handed over. @returns the dearest first */
  read(): Promise<KernelTime[]>;
}

/** Two a dispatch: WebGPU's largest query set. */
const MOST_TIMESTAMPS = 4096;

export function createProfile(device: GPUDevice): Profile {
  const names: string[] = [];
  const timed = device.features.has('timestamp-query');
  const querySet = timed ? device.createQuerySet({ type: 'timestamp', count: MOST_TIMESTAMPS }) : undefined;
  const bytes = 8 * MOST_TIMESTAMPS;
  const [resolved, readable] = timed
    ? [GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ].map((usage) =>
        device.createBuffer({ size: bytes, usage }),
      )
    : [];
  return {
    descriptorOf(name) {
      const at = 2 * names.push(name) - 2;
      return querySet && at < MOST_TIMESTAMPS
        ? { timestampWrites: { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 } }
        : {};
    },
    resolve(encoder) {
      const count = Math.min(2 * names.length, MOST_TIMESTAMPS);
      if (!querySet || count === 0) return;
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, 8 * count);
    },
    async read() {
      const byName = new Map<string, KernelTime>();
      let times: BigUint64Array | undefined;
      if (querySet) {
        await readable.mapAsync(GPUMapMode.READ);
        times = new BigUint64Array(readable.getMappedRange().slice(0));
        for (const resource of [querySet, resolved, readable]) resource.destroy();
      }
      names.forEach((name, i) => {
        const entry = byName.get(name) ?? { name, dispatches: 0, ...(times && { ms: 0 }) };
        entry.dispatches++;
        // Nanoseconds.
        if (times && 2 * i < MOST_TIMESTAMPS) entry.ms! += Number(times[2 * i + 1] - times[2 * i]) / 1e6;
        byName.set(name, entry);
      });
      return [...byName.values()].sort((a, b) => (b.ms ?? b.dispatches) - (a.ms ?? a.dispatches));
    },
  };
}
