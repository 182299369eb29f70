/** Batch norm in training mode, over the rows of `[rows, channels]`: channels stay in registers while rows pass by. */
import { FunctionBuilder, i32, type Code } from '@sld-edge/runtime/integer';
import { acrossChannels, advanceBy, range, registers } from './loops.ts';

/**
 * Adds up columns, with d = x - shift: sums ← sums + Σ d and products ← products + Σ d²; or, of a gradient too, Σ g and Σ g·d. A chunk of
 * rows is added up before it joins the sums, so that rounding errors stay small over many rows.
 */
export function columnSums(ofGradient: boolean) {
  const built = new FunctionBuilder({
    x: 'i32',
    gradient: 'i32',
    shift: 'i32',
    sums: 'i32',
    products: 'i32',
    rows: 'i32',
    channels: 'i32',
  });
  const { x, gradient, shift, sums, products, rows, channels } = built.parameters;
  const [xAt, gradientAt, row, rowBytes] = range(4).map(() => built.local('i32'));
  const [shifts, total, productTotal, inner] = range(4).map(() => registers(built, 4));
  built.body = [
    ...rowBytes.set(i32.shiftLeft(channels.get, 2)),
    ...acrossChannels(channels, [x, gradient, shift, sums, products], ({ lanes, width }) => {
      const { type } = lanes;
      const at = (i: number): number => i * lanes.count * 4;
      return [
        ...range(width).flatMap((i) => [
          ...shifts[type][i].set(lanes.load(shift.get, at(i))),
          ...total[type][i].set(lanes.zero),
          ...productTotal[type][i].set(lanes.zero),
        ]),
        ...xAt.set(x.get),
        ...gradientAt.set(gradient.get),
        ...FunctionBuilder.times(row, rows.get, [
          ...range(width).flatMap((i) => {
            const deviation = lanes.sub(lanes.load(xAt.get, at(i)), shifts[type][i].get);
            const value = inner[type][i];
            return [
              ...value.set(ofGradient ? lanes.load(gradientAt.get, at(i)) : deviation),
              ...total[type][i].set(lanes.add(total[type][i].get, value.get)),
              ...productTotal[type][i].set(lanes.add(productTotal[type][i].get, lanes.mul(value.get, ofGradient ? deviation : value.get))),
            ];
          }),
          ...advanceBy(xAt, rowBytes.get),
          ...(ofGradient ? advanceBy(gradientAt, rowBytes.get) : []),
        ]),
        ...range(width).flatMap((i) => [
          ...lanes.store(sums.get, lanes.add(lanes.load(sums.get, at(i)), total[type][i].get), at(i)),
          ...lanes.store(products.get, lanes.add(lanes.load(products.get, at(i)), productTotal[type][i].get), at(i)),
        ]),
      ];
    }),
  ];
  return built;
}

/** y = (x - mean)·factor + offset; or, of a gradient too, y = g·gradientFactor + (x - mean)·factor + offset. */
export function columnAffine(ofGradient: boolean) {
  const built = new FunctionBuilder({
    x: 'i32',
    gradient: 'i32',
    y: 'i32',
    mean: 'i32',
    factor: 'i32',
    offset: 'i32',
    gradientFactor: 'i32',
    rows: 'i32',
    channels: 'i32',
  });
  const { x, gradient, y, mean, factor, offset, gradientFactor, rows, channels } = built.parameters;
  const [xAt, gradientAt, yAt, row, rowBytes] = range(5).map(() => built.local('i32'));
  const [means, factors, offsets, gradientFactors] = range(4).map(() => registers(built, 4));
  built.body = [
    ...rowBytes.set(i32.shiftLeft(channels.get, 2)),
    ...acrossChannels(channels, [x, gradient, y, mean, factor, offset, gradientFactor], ({ lanes, width }) => {
      const { type } = lanes;
      const at = (i: number): number => i * lanes.count * 4;
      const load = (from: { get: Code }, i: number): Code => lanes.load(from.get, at(i));
      return [
        ...range(width).flatMap((i) => [
          ...means[type][i].set(load(mean, i)),
          ...factors[type][i].set(load(factor, i)),
          ...offsets[type][i].set(load(offset, i)),
          ...(ofGradient ? gradientFactors[type][i].set(load(gradientFactor, i)) : []),
        ]),
        ...xAt.set(x.get),
        ...gradientAt.set(gradient.get),
        ...yAt.set(y.get),
        ...FunctionBuilder.times(row, rows.get, [
          ...range(width).flatMap((i) => {
            const own = lanes.add(lanes.mul(lanes.sub(load(xAt, i), means[type][i].get), factors[type][i].get), offsets[type][i].get);
            return lanes.store(
              yAt.get,
              ofGradient ? lanes.add(lanes.mul(load(gradientAt, i), gradientFactors[type][i].get), own) : own,
              at(i),
            );
          }),
          ...advanceBy(xAt, rowBytes.get),
          ...advanceBy(yAt, rowBytes.get),
          ...(ofGradient ? advanceBy(gradientAt, rowBytes.get) : []),
        ]),
      ];
    }),
  ];
  return built;
}
