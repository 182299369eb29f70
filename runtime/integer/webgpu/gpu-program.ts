/** A plan in a GPU's memory, ready to run: weights are there since it was loaded, and a batch of images is one submission. */
import type { IntegerProgram } from '../program.ts';
import { sizeOfShape } from '../shape.ts';
import type { GpuKernels } from './device.ts';
import { wordAddress, type GpuParameter, type GpuValue } from './gpu-planner.ts';
import { planForGpu, type GpuPlan } from './gpu-plan.ts';
import { GPU_KERNELS } from './kernels.ts';
import { COMMON_FIELDS, GROUP_THREADS, GROUPS_OF_ROW, PARAMETER_BYTES } from './wgsl.ts';

/** Images that are computed at once, at most: bounds the memory that a long list of images takes. */
const LARGEST_BATCH = 64;

export interface GpuProgram {
  /**
   * @param pixels uint8 NHWC, a whole number of images
   * @returns `[images, classes]`
   * @throws RangeError if `pixels` is no whole number of images; Error if the device was lost
   */
  integerLogits(pixels: Uint8Array): Promise<Int32Array>;
  /** Activations of every node for the image that was computed last, where the plan keeps them; otherwise of none. */
  activations(): Map<string, Uint8Array>;
  dispose(): void;
}

/** Buffers for so many images at once, and all of them as one group. */
interface Room {
  images: number;
  arena: GPUBuffer;
  pixels: GPUBuffer;
  logits: GPUBuffer;
  group: GPUBindGroup;
}

/** @throws Error in one line if the device does not hold the program, or a kernel does not compile */
export async function openGpuProgram(
  program: IntegerProgram,
  kernels: GpuKernels,
  { keepActivations = false }: { keepActivations?: boolean } = {},
): Promise<GpuProgram> {
  const { device, packedDot, layout } = kernels;
  const plan = planForGpu(program, { keepActivations, packedDot });
  const pixelsPerImage = sizeOfShape(program.nodes[0].shape);
  const classes = program.nodes.at(-1)!.shape[0];
  const { maxStorageBufferBindingSize: largestBuffer } = device.limits;
  const largestBatch = Math.min(LARGEST_BATCH, Math.floor(largestBuffer / Math.max(plan.imageBytes, pixelsPerImage + 4)));
  if (largestBatch < 1 || plan.vectors * 16 > largestBuffer)
    throw new Error(
      `${program.name} takes ${plan.vectors * 16} bytes of weights and ${plan.imageBytes} of activations; this GPU allows ${largestBuffer} of each`,
    );

  const pipelines = await Promise.all(plan.steps.map(({ kernel }) => kernels.pipeline(kernel)));
  const buffer = (bytes: number, usage: number): GPUBuffer => device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 4) * 4), usage });
  const upload = (bytes: ArrayBuffer, usage: number): GPUBuffer => {
    const made = buffer(bytes.byteLength, usage | GPUBufferUsage.COPY_DST);
    device.queue.writeBuffer(made, 0, bytes);
    return made;
  };
  const constants = upload(constantBytes(plan), GPUBufferUsage.STORAGE);
  const parameters = upload(parameterBytes(plan), GPUBufferUsage.UNIFORM);
  let room: Room | undefined;
  let kept = new Map<string, Uint8Array>();

  const release = ({ arena, pixels, logits }: Room): void => [arena, pixels, logits].forEach((each) => each.destroy());

  /** Room for at least so many images; what was submitted before keeps what it had. */
  function roomFor(images: number): Room {
    if (room && room.images >= images) return room;
    if (room) release(room);
    const arena = buffer(images * plan.imageBytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    const pixels = buffer(images * pixelsPerImage, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    const logits = buffer(images * classes * 4, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
    const entries = [
      { buffer: parameters, size: PARAMETER_BYTES },
      ...[constants, arena, pixels, logits].map((each) => ({ buffer: each })),
    ];
    const group = device.createBindGroup({ layout, entries: entries.map((resource, binding) => ({ binding, resource })) });
    return (room = { images, arena, pixels, logits, group });
  }

  async function compute(pixels: Uint8Array, images: number): Promise<Int32Array> {
    const { arena, pixels: input, logits, group } = roomFor(images);
    device.queue.writeBuffer(input, 0, wholeWords(pixels));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    plan.steps.forEach(({ threads }, i) => {
      pass.setPipeline(pipelines[i]);
      pass.setBindGroup(0, group, [i * PARAMETER_BYTES]);
      const groups = Math.ceil(threads / GROUP_THREADS);
      pass.dispatchWorkgroups(Math.min(groups, GROUPS_OF_ROW), Math.ceil(groups / GROUPS_OF_ROW), images);
    });
    pass.end();
    const logitBytes = images * classes * 4;
    const arenaBytes = keepActivations ? plan.imageBytes : 0;
    const result = buffer(logitBytes + arenaBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    encoder.copyBufferToBuffer(logits, 0, result, 0, logitBytes);
    if (keepActivations) encoder.copyBufferToBuffer(arena, (images - 1) * plan.imageBytes, result, logitBytes, arenaBytes);
    device.queue.submit([encoder.finish()]);
    try {
      await result.mapAsync(GPUMapMode.READ);
      const bytes = result.getMappedRange().slice(0);
      if (keepActivations) kept = readValues(plan.values, new Uint8Array(bytes, logitBytes, arenaBytes));
      return new Int32Array(bytes, 0, images * classes);
    } finally {
      result.destroy();
    }
  }

  /** Throws what the device reports: a call of its own throws nothing. */
  async function checked<Result>(work: () => Promise<Result>): Promise<Result> {
    const gone = kernels.lost();
    if (gone !== undefined) throw new Error(`the GPU device was lost: ${gone}`);
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    const result = work();
    // Scopes hold what was called before they are closed, and no more.
    const faults = Promise.all([device.popErrorScope(), device.popErrorScope()]);
    const [settled, errors] = await Promise.allSettled([result, faults]);
    const fault = errors.status === 'fulfilled' ? errors.value.find((error) => error) : undefined;
    if (fault) throw new Error(fault.message.split('\n')[0]);
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  }

  return {
    async integerLogits(pixels) {
      if (pixels.length % pixelsPerImage !== 0)
        throw new RangeError(`${program.name} takes images of ${program.nodes[0].shape.join(' x ')} bytes; came ${pixels.length} bytes`);
      const images = pixels.length / pixelsPerImage;
      const out = new Int32Array(images * classes);
      for (let first = 0; first < images; first += largestBatch) {
        const count = Math.min(largestBatch, images - first);
        const batch = pixels.subarray(first * pixelsPerImage, (first + count) * pixelsPerImage);
        out.set(await checked(() => compute(batch, count)), first * classes);
      }
      return out;
    },
    activations: () => kept,
    dispose() {
      if (room) release(room);
      constants.destroy();
      parameters.destroy();
    },
  };
}

/** The queue takes whole words. */
function wholeWords(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}

function constantBytes({ constants, vectors }: GpuPlan): ArrayBuffer {
  const bytes = new Uint8Array(vectors * 16);
  for (const { at, values } of constants) {
    const { buffer, byteOffset, byteLength } = values();
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at * 16);
  }
  return bytes.buffer;
}

/** Each step's numbers in the order of its kernel's fields. */
function parameterBytes({ steps, imageBytes }: GpuPlan): ArrayBuffer {
  const words = new Int32Array((steps.length * PARAMETER_BYTES) / 4);
  const numberOf = (parameter: GpuParameter): number => (typeof parameter === 'number' ? parameter : wordAddress(parameter));
  steps.forEach(({ kernel, parameters, threads }, i) => {
    const common: Record<(typeof COMMON_FIELDS)[number], number> = { imageWords: imageBytes / 4, threads };
    const values = [
      ...COMMON_FIELDS.map((field) => common[field]),
      ...GPU_KERNELS[kernel].fields.map((field) => numberOf(parameters[field])),
    ];
    words.set(values, (i * PARAMETER_BYTES) / 4);
  });
  return words.buffer;
}

/** NHWC, of an image's activations as the device has them. */
function readValues(values: ReadonlyMap<string, GpuValue>, arena: Uint8Array): Map<string, Uint8Array> {
  return new Map([...values].map(([name, value]) => [name, readValue(value, arena)]));
}

function readValue({ height, width, channels, zeroPoint }: GpuValue, arena: Uint8Array): Uint8Array {
  const values = new Uint8Array(height * width * channels.length).fill(zeroPoint);
  channels.forEach((source, c) => {
    if (!source) return;
    const { map, channel } = source;
    for (let pixel = 0; pixel < height * width; pixel++) {
      const word = Math.floor(pixel / width) * map.rowWords + (pixel % width) * map.pixelWords;
      values[pixel * channels.length + c] = arena[map.buffer.address + 4 * word + channel];
    }
  });
  return values;
}
