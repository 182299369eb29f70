/** A plan in a WebAssembly memory, ready to run. */
import { moduleOf, type KernelSet } from '../kernels/module.ts';
import type { IntegerProgram } from '../program.ts';
import { sizeOfShape } from '../shape.ts';
import { placeBuffers } from './arena.ts';
import { roundUp, type Pointer, type Value } from './layout.ts';
import { planProgram, type PlanOptions } from './plan.ts';
import type { ComputeRows } from '../threads/run-stages.ts';
import type { PlacedStep } from '../threads/schedule.ts';
import type { Runnable, ThreadPool } from '../threads/thread-pool.ts';
import type { Step } from './planner.ts';

export interface PlannedProgram {
  /**
   * @param pixels uint8 NHWC, a whole number of images
   * @returns `[images, classes]`
   * @throws RangeError if `pixels` is no whole number of images
   */
  integerLogits(pixels: Uint8Array): Int32Array;
  /** Activations of every node for the image that was computed last, where the plan keeps them; otherwise of none. */
  activations(): Map<string, Uint8Array>;
  /** Bytes of the memory. */
  readonly bytes: number;
  /** Frees what threads hold of it; it may not be computed afterwards. */
  dispose(): void;
}

export interface OpenOptions extends PlanOptions {
  /** Threads that compute it together; `module` is then the pool's. Computing throws `ThreadLost` where one of them is lost. */
  pool?: ThreadPool;
  /** Called in place of each step of one thread, and calls `compute` itself: to measure it. */
  watch?: Watch;
}

type Watch = (step: Step, compute: () => void) => void;

const PAGE = 65_536;
const ALIGNMENT = 16;
/** The last step of a tile may read so far beyond its map. */
const READ_BEYOND = 256;

/** @throws NeedsDoubles as `planProgram` */
export async function openProgram(
  program: IntegerProgram,
  set: KernelSet,
  module: WebAssembly.Module,
  { pool, watch = (_step, compute) => compute(), ...options }: OpenOptions = {},
): Promise<PlannedProgram> {
  const plan = planProgram(program, set, options);
  let end = 0;
  for (const { bytes, buffer } of plan.data) {
    buffer.address = end;
    end = roundUp(end + bytes.length, ALIGNMENT);
  }
  const fieldsOf = plan.steps.map(({ kernel }) => set.kernels[kernel].fields);
  const parametersAt = fieldsOf.map((fields) => {
    const address = end;
    end += fields.length * 4;
    return address;
  });
  end = placeBuffers(plan.buffers, roundUp(end, ALIGNMENT));

  const pages = Math.ceil((end + READ_BEYOND) / PAGE);
  const memory = new WebAssembly.Memory(pool ? { initial: pages, maximum: pages, shared: true } : { initial: pages });
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  for (const { bytes: content, buffer } of plan.data) bytes.set(content, buffer.address);
  const addressOf = ({ buffer, offset }: Pointer): number => buffer.address + offset;
  plan.steps.forEach(({ kernel, parameters }, i) => {
    fieldsOf[i].forEach((field, at) => {
      const parameter = parameters[field];
      if (parameter === undefined) throw new Error(`${program.name}: the kernel ${kernel} lacks the parameter ${field}`);
      view.setInt32(parametersAt[i] + 4 * at, typeof parameter === 'number' ? parameter : addressOf(parameter), true);
    });
  });

  const { exports } = await WebAssembly.instantiate(module, { host: { memory } });
  const steps = plan.steps.map((step, i) => ({ ...step, address: parametersAt[i] }));
  const run = pool ? await pool.open(memory, exports, steps) : alone(exports, steps, watch);
  const pixelsPerImage = sizeOfShape(program.nodes[0].shape);
  const classes = program.nodes.at(-1)!.shape[0];
  const pixelsAt = addressOf(plan.pixels);
  const logits = new Int32Array(memory.buffer, addressOf(plan.logits), classes);

  return {
    bytes: memory.buffer.byteLength,
    integerLogits(pixels) {
      if (pixels.length % pixelsPerImage !== 0)
        throw new RangeError(`${program.name} takes images of ${program.nodes[0].shape.join(' x ')} bytes; came ${pixels.length} bytes`);
      const out = new Int32Array((pixels.length / pixelsPerImage) * classes);
      for (let at = 0, image = 0; at < pixels.length; at += pixelsPerImage, image++) {
        bytes.set(pixels.subarray(at, at + pixelsPerImage), pixelsAt);
        run.compute();
        out.set(logits, image * classes);
      }
      return out;
    },
    dispose: () => run.close(),
    activations: () => new Map([...plan.values].map(([name, value]) => [name, readValue(value, view, set.storage.bytes)])),
  };
}

/** All steps in one thread, one behind the other. */
function alone(exports: WebAssembly.Exports, steps: PlacedStep[], watch: Watch): Runnable {
  const calls = steps.map((step) => {
    const { kernel, address, rows, band } = step;
    const compute = exports[kernel] as unknown as ComputeRows;
    const whole = (): void => {
      for (let from = 0; from < rows; from += band) compute(address, from, Math.min(rows, from + band));
    };
    return () => watch(step, whole);
  });
  return {
    compute() {
      for (const call of calls) call();
    },
    close: () => undefined,
  };
}

/** NHWC, without what lies between. */
function readValue({ height, width, channels, zeroPoint }: Value, memory: DataView, bytes: 1 | 2): Uint8Array {
  const values = new Uint8Array(height * width * channels.length);
  channels.forEach((source, c) => {
    for (let pixel = 0; pixel < height * width; pixel++) {
      const at = pixel * channels.length + c;
      if (!source) values[at] = zeroPoint;
      else {
        const { view, channel } = source;
        const address =
          view.buffer.address +
          view.offset +
          Math.floor(pixel / width) * view.rowBytes +
          (pixel % width) * view.pixelBytes +
          channel * bytes;
        values[at] = bytes === 2 ? memory.getUint16(address, true) : memory.getUint8(address);
      }
    }
  });
  return values;
}

export const compileKernels = (set: KernelSet): Promise<WebAssembly.Module> => WebAssembly.compile(moduleOf(set));
