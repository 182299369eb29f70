/**
 * A computation on TensorFlow kept as the native ops that it made, to be made again with other inputs and without tfjs in
 * between: of a training step of a small network, tfjs's tape and checks are a tenth. Two computations are traced; only
 * where both made the same ops of the same constants is the rest a repetition.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Trace, TraceInput } from './engine.ts';
import type { Attribute, NativeBackend, NativeBinding, NativeId } from './tensorflow-native.ts';

/** A tensor in a trace: its place among all that the trace knows. */
type Slot = number;

type Source =
  | { kind: 'persistent' | 'input'; index: number }
  | { kind: 'constant'; shape: number[]; dtype: number; values: ArrayLike<number> }
  | { kind: 'op' };

interface TracedOp {
  name: string;
  attributes: Attribute[];
  inputs: Slot[];
  outputs: Slot[];
}

interface Recording {
  sources: Source[];
  /** Shape and type of each uploaded input, by its index. */
  uploads: Map<number, { shape: number[]; dtype: number }>;
  ops: TracedOp[];
  outputs: { slot: Slot; shape: number[] }[];
}

/**
 * @param inputs arrays that the computation uploads; the next repetition gives others of the same sizes
 * @param persistent tensors from before that it reads, whose values may change in between
 * @returns what it computed, and its trace, unless it read values back or used tensors that are neither
 */
export function traceOps(
  backend: NativeBackend,
  inputs: readonly TraceInput[],
  persistent: readonly Tensor[],
  compute: () => Tensor[],
): { outputs: Tensor[]; trace?: Trace } {
  const { binding } = backend;
  const sources: Source[] = [];
  const slotOf = new Map<NativeId, Slot>();
  const uploads: Recording['uploads'] = new Map();
  const ops: TracedOp[] = [];
  let repeatable = true;
  const add = (id: NativeId, source: Source): Slot => {
    slotOf.set(id, sources.length);
    return sources.push(source) - 1;
  };
  const slot = (id: NativeId): Slot => {
    const known = slotOf.get(id);
    if (known === undefined) repeatable = false;
    return known ?? -1;
  };
  backend.getInputTensorIds(persistent).forEach((id, index) => add(id, { kind: 'persistent', index }));

  const overrides: Pick<NativeBinding, 'executeOp' | 'createTensor' | 'deleteTensor' | 'tensorDataSync'> = {
    executeOp(name, attributes, ids, count) {
      const results = binding.executeOp(name, attributes, ids, count);
      ops.push({ name, attributes, inputs: ids.map(slot), outputs: results.map(({ id }) => add(id, { kind: 'op' })) });
      return results;
    },
    createTensor(shape, dtype, values) {
      const id = binding.createTensor(shape, dtype, values);
      const index = inputs.indexOf(values as TraceInput);
      if (index >= 0) uploads.set(index, { shape: [...shape], dtype });
      add(
        id,
        index >= 0
          ? { kind: 'input', index }
          : { kind: 'constant', shape: [...shape], dtype, values: Array.isArray(values) ? values : (values as Float32Array).slice() },
      );
      return id;
    },
    deleteTensor(id) {
      slotOf.delete(id);
      binding.deleteTensor(id);
    },
    tensorDataSync(id) {
      repeatable = false;
      return binding.tensorDataSync(id);
    },
  };
  let outputs: Tensor[];
  try {
    // The native functions are read-only properties: they can be covered, not assigned.
    backend.binding = Object.create(binding, Object.getOwnPropertyDescriptors(overrides)) as NativeBinding;
    outputs = compute();
  } finally {
    backend.binding = binding;
  }
  const results = outputs.map(({ dataId, shape }) => ({ slot: slot(backend.tensorMap.get(dataId).id), shape }));
  // A repetition gives each output a tensor of its own, made by an op.
  if (new Set(results.map((result) => result.slot)).size < results.length || results.some((result) => sources[result.slot]?.kind !== 'op'))
    repeatable = false;
  return { outputs, ...(repeatable && { trace: createTrace(backend, { sources, uploads, ops, outputs: results }, persistent) }) };
}

const recordings = new WeakMap<Trace, Recording>();

function createTrace(backend: NativeBackend, recording: Recording, persistent: readonly Tensor[]): Trace {
  const { sources, uploads, ops, outputs } = recording;
  const kept = new Set<Slot>(outputs.map(({ slot }) => slot));
  const freedAfter = lastUses(recording).map((slots) => slots.filter((slot) => !kept.has(slot)));
  let constants: Map<Slot, NativeId> | undefined;

  const trace: Trace = {
    sameAs: (other) => describe(recording) === describe(recordings.get(other)!) && sameConstants(recording, recordings.get(other)!),

    run(inputs) {
      const { binding } = backend;
      constants ??= new Map(
        sources.flatMap((source, slot) =>
          source.kind === 'constant' ? [[slot, binding.createTensor(source.shape, source.dtype, source.values)]] : [],
        ),
      );
      const persistentIds = backend.getInputTensorIds(persistent);
      const ids = sources.map((source, slot) => {
        if (source.kind === 'persistent') return persistentIds[source.index];
        if (source.kind === 'constant') return constants!.get(slot)!;
        if (source.kind === 'op') return -1;
        const { shape, dtype } = uploads.get(source.index)!;
        return binding.createTensor(shape, dtype, inputs[source.index]);
      });
      const made = new Map<Slot, { dtype: number }>();
      for (let i = 0; i < ops.length; i++) {
        const op = ops[i];
        const results = binding.executeOp(
          op.name,
          op.attributes,
          op.inputs.map((slot) => ids[slot]),
          op.outputs.length,
        );
        for (let k = 0; k < results.length; k++) {
          ids[op.outputs[k]] = results[k].id;
          if (kept.has(op.outputs[k])) made.set(op.outputs[k], results[k]);
        }
        for (const slot of freedAfter[i]) binding.deleteTensor(ids[slot]);
      }
      return outputs.map(({ slot, shape }) => backend.createOutputTensor({ id: ids[slot], shape, dtype: made.get(slot)!.dtype }));
    },

    dispose() {
      for (const id of constants?.values() ?? []) backend.binding.deleteTensor(id);
      constants = undefined;
    },
  };
  recordings.set(trace, recording);
  return trace;
}

/** Inputs and intermediate tensors that no op after this one reads, for each op. */
function lastUses({ sources, ops }: Recording): Slot[][] {
  const last = new Map<Slot, number>();
  ops.forEach(({ inputs, outputs }, i) => {
    for (const slot of [...inputs, ...outputs]) if (sources[slot].kind === 'op' || sources[slot].kind === 'input') last.set(slot, i);
  });
  const freed: Slot[][] = ops.map(() => []);
  for (const [slot, i] of last) freed[i].push(slot);
  return freed;
}

/** Everything but the constants' values. */
const describe = ({ sources, uploads, ops, outputs }: Recording): string =>
  JSON.stringify([
    sources.map((source) => (source.kind === 'constant' ? { ...source, values: source.values.length } : source)),
    [...uploads],
    ops,
    outputs,
  ]);

function sameConstants(one: Recording, other: Recording): boolean {
  return one.sources.every((source, slot) => {
    const against = other.sources[slot];
    if (source.kind !== 'constant' || against.kind !== 'constant') return true;
    for (let i = 0; i < source.values.length; i++) if (!Object.is(source.values[i], against.values[i])) return false;
    return true;
  });
}
