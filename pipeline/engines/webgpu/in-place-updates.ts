/**
 * Updates of many tensors by one kernel. What is updated lies one behind the other in one buffer, each tensor at a place of
 * its own in it (the alignment that WebGPU asks of bindings), and what is given is copied into another laid out alike.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { InPlaceUpdate, InPlaceUpdates, Tfjs } from '../engine.ts';
import type { WebgpuBackend } from './backend.ts';
import { arrays, elementwise, float, grid, THREADS, tracked } from './tensors.ts';

/** Floats: 256 bytes, WebGPU's largest `minStorageBufferOffsetAlignment`. */
const ALIGNMENT = 64;

/** A kernel's code per element `i`; bindings are `given`, the groups' names, `perPlace` and `numbers` (f32, in vec4s). */
interface UpdateCode {
  key: string;
  body: string;
  /** A number for each tensor, as `perPlace[i / 64]`. */
  perTensor?: readonly number[];
}

export function createWebgpuUpdates(tf: Tfjs, backend: WebgpuBackend): InPlaceUpdates {
  function create<Numbers extends number[]>(
    groups: Record<string, readonly Tensor[]>,
    { key, body, perTensor }: UpdateCode,
  ): InPlaceUpdate<Numbers> {
    const names = Object.keys(groups);
    const tensors = groups[names[0]];
    const offsets: number[] = [];
    let size = 0;
    for (const tensor of tensors) {
      offsets.push(size);
      size += Math.ceil(tensor.size / ALIGNMENT) * ALIGNMENT;
    }
    const places = (own: readonly Tensor[]) => own.map((tensor, i) => ({ tensor, offset: 4 * offsets[i] }));
    // The gaps hold anything: nobody reads them.
    const flat = (): Tensor => tf.keep(tracked(tf, backend.allocate([size])));
    const given = flat();
    const shared = names.map((name) => {
      const buffer = flat();
      backend.moveInto(buffer, places(groups[name]));
      return buffer;
    });
    const perPlace =
      perTensor &&
      tf.keep(tf.tensor1d(tensors.flatMap(({ size }, i) => new Array<number>(Math.ceil(size / ALIGNMENT)).fill(perTensor[i]))));
    const kernel = (numbers: number) => ({
      key: `update/${key}/${size}`,
      code: () => {
        const bindings = ['given', ...names.map((name) => `${name}!`), ...(perPlace ? ['perPlace'] : [])];
        return `${arrays(...bindings)}
${numbers > 0 ? `@group(0) @binding(${bindings.length}) var<uniform> numbers: vec4<f32>;` : ''}
${elementwise(size)}
${body}
}`;
      },
    });
    return {
      apply(givenNow, ...numbers) {
        backend.copyInto(given, places(givenNow));
        backend.run(
          kernel(numbers.length),
          [given, ...shared, ...(perPlace ? [perPlace] : [])],
          grid(Math.ceil(size / THREADS)),
          numbers.length > 0 ? numbers : undefined,
        );
        for (const name of names) backend.forgetValues(groups[name]);
      },
      dispose() {
        for (const name of names) backend.moveOut(groups[name]);
        tf.dispose([given, ...shared, ...(perPlace ? [perPlace] : [])]);
      },
    };
  }

  return {
    sgd: (parameter, velocity, { momentum, weightDecay, nesterov }) =>
      create(
        { parameter, velocity },
        {
          key: `sgd/${momentum}/${weightDecay}/${nesterov}`,
          body: `
  let gradient = given[i] + ${float(weightDecay)} * parameter[i];
  let next = ${float(momentum)} * velocity[i] + gradient;
  velocity[i] = next;
  parameter[i] = parameter[i] - numbers.x * ${nesterov ? `(gradient + ${float(momentum)} * next)` : 'next'};`,
        },
      ),

    adamw: (parameter, first, second, { decays, beta1, beta2, epsilon }) =>
      create(
        { parameter, first, second },
        {
          key: `adamw/${beta1}/${beta2}/${epsilon}`,
          perTensor: decays.map(Number),
          body: `
  let gradient = given[i];
  let m = ${float(beta1)} * first[i] + ${float(1 - beta1)} * gradient;
  let v = ${float(beta2)} * second[i] + ${float(1 - beta2)} * gradient * gradient;
  first[i] = m;
  second[i] = v;
  let kept = select(1.0, numbers.y, perPlace[i / ${ALIGNMENT}u] > 0.5);
  parameter[i] = parameter[i] * kept - numbers.x * (m / (sqrt(v) / numbers.z + ${float(epsilon)}));`,
        },
      ),

    blend: (running, share) =>
      create(
        { running },
        { key: `blend/${share}`, body: `\n  running[i] = ${float(1 - share)} * running[i] + ${float(share)} * given[i];` },
      ),
  };
}
