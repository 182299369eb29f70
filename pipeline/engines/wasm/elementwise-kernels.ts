/** Kernels that compute element by element: the gradients of ReLU and ReLU6, the updates of optimizers and running statistics. */
import { constant, FunctionBuilder, type Code, type Lanes, type Local, type ValueType } from '@sld-edge/runtime/integer';
import { acrossChannels, range } from './loops.ts';

/** @param each the code for one span of elements; the `i32` parameters except `count` are arrays and move on with it */
function elementwise<Parameter extends string>(
  parameters: Record<Parameter | 'count', ValueType>,
  each: (
    lanes: Lanes,
    parts: { load(name: Parameter): Code; number(name: Parameter): Code; store(name: Parameter, value: Code): Code; local: Local },
  ) => Code,
): FunctionBuilder {
  const built = new FunctionBuilder<Parameter | 'count'>(parameters);
  const locals: Record<Lanes['type'], Local> = { v128: built.local('v128'), f32: built.local('f32') };
  const arrays = (Object.keys(parameters) as (Parameter | 'count')[]).filter((name) => name !== 'count' && parameters[name] === 'i32');
  built.body = acrossChannels(
    built.parameters.count,
    arrays.map((name) => built.parameters[name]),
    ({ lanes, width }) =>
      range(width).flatMap((i) =>
        each(lanes, {
          load: (name) => lanes.load(built.parameters[name].get, i * lanes.count * 4),
          number: (name) => lanes.spread(built.parameters[name].get),
          store: (name, value) => lanes.store(built.parameters[name].get, value, i * lanes.count * 4),
          local: locals[lanes.type],
        }),
      ),
  );
  return built;
}

/** dx = dy where 0 < y, and y < 6 for ReLU6; 0 elsewhere. */
export const rectifierGradient = (bounded: boolean) =>
  elementwise({ dy: 'i32', y: 'i32', dx: 'i32', count: 'i32' }, (lanes, { load, store }) => {
    const within = lanes.whereGreater(load('y'), lanes.zero, load('dy'));
    return store('dx', bounded ? lanes.whereGreater(lanes.spread(constant(6)), load('y'), within) : within);
  });

/** v ← μ·v + (g + λ·p), p ← p - η·v; Nesterov: p ← p - η·(g + λ·p + μ·v). */
const sgd = (nesterov: boolean) =>
  elementwise(
    { p: 'i32', v: 'i32', g: 'i32', count: 'i32', rate: 'f32', momentum: 'f32', decay: 'f32' },
    (lanes, { load, number, store, local }) => [
      ...local.set(lanes.add(load('g'), lanes.mul(load('p'), number('decay')))),
      ...store('v', lanes.add(lanes.mul(load('v'), number('momentum')), local.get)),
      ...local.set(nesterov ? lanes.add(local.get, lanes.mul(load('v'), number('momentum'))) : load('v')),
      ...store('p', lanes.sub(load('p'), lanes.mul(local.get, number('rate')))),
    ],
  );

/** m ← β₁·m + (1-β₁)·g, v ← β₂·v + (1-β₂)·g², p ← kept·p - η·m/(√v/correction + ε). */
const adamw = () =>
  elementwise(
    {
      p: 'i32',
      m: 'i32',
      v: 'i32',
      g: 'i32',
      count: 'i32',
      rate: 'f32',
      kept: 'f32',
      correction: 'f32',
      beta1: 'f32',
      share1: 'f32',
      beta2: 'f32',
      share2: 'f32',
      epsilon: 'f32',
    },
    (lanes, { load, number, store, local }) => [
      ...local.set(load('g')),
      ...store('m', lanes.add(lanes.mul(load('m'), number('beta1')), lanes.mul(local.get, number('share1')))),
      ...store('v', lanes.add(lanes.mul(load('v'), number('beta2')), lanes.mul(lanes.mul(local.get, local.get), number('share2')))),
      ...local.set(lanes.div(load('m'), lanes.add(lanes.div(lanes.sqrt(load('v')), number('correction')), number('epsilon')))),
      ...store('p', lanes.sub(lanes.mul(load('p'), number('kept')), lanes.mul(local.get, number('rate')))),
    ],
  );

/** r ← kept·r + share·given */
const blend = () =>
  elementwise({ r: 'i32', given: 'i32', count: 'i32', kept: 'f32', share: 'f32' }, (lanes, { load, number, store }) =>
    store('r', lanes.add(lanes.mul(load('r'), number('kept')), lanes.mul(load('given'), number('share')))),
  );

/** Kernels that update tensors in place (`in-place-updates.ts`). */
export const updateKernels = { sgd: sgd(false), sgdNesterov: sgd(true), adamw: adamw(), blend: blend() };
