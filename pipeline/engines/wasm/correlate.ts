/**
 * dw[i, o] ← dw[i, o] + Σ over rows and columns of x[row, column, i]·dy[row, column, o]: what one weight position of a
 * convolution's filter gradient is. A tile of 4 inputs by 8 outputs stays in registers while the pixels pass by.
 */
import { FunctionBuilder, four, i32, one, type Code, type Lanes } from '@sld-edge/runtime/integer';
import { acrossChannels, advanceBy, range, registers, type ChannelBlock } from './loops.ts';

const OUTPUT_SPANS: ChannelBlock[] = [
  { lanes: four, width: 2 },
  { lanes: four, width: 1 },
  { lanes: one, width: 1 },
];

/**
 * Bytes from one row, and from one pixel, to the next: `xRow`, `xColumn`, `dyRow`, `dyColumn`; from one input of x to the next:
 * 4, or with `apart` `xInput`; from one input of dw to the next: `dwInput`.
 */
export function correlate(apart: boolean) {
  const built = new FunctionBuilder({
    x: 'i32',
    dy: 'i32',
    dw: 'i32',
    rows: 'i32',
    columns: 'i32',
    xRow: 'i32',
    xColumn: 'i32',
    dyRow: 'i32',
    dyColumn: 'i32',
    inputs: 'i32',
    outputs: 'i32',
    xInput: 'i32',
    dwInput: 'i32',
  });
  const { x, dy, dw, rows, columns, xRow, xColumn, dyRow, dyColumn, inputs, outputs, xInput, dwInput } = built.parameters;
  const [outputsLeft, dyTile, dwTile, row, column, xAtRow, dyAtRow, xAt, dyAt] = range(9).map(() => built.local('i32'));
  const dwRows = range(4).map(() => built.local('i32'));
  const [all, outers, inners] = [registers(built, 8), registers(built, 2), registers(built, 1)];

  /** Distances from the tile's first input to its others. */
  const xInputs = range(apart ? 4 : 0).map(() => built.local('i32'));

  function tile(height: number, lanes: Lanes, width: number): Code {
    const [sums, outer, [inner]] = [all[lanes.type], outers[lanes.type], inners[lanes.type]];
    const bytes = lanes.count * 4;
    const cells = range(height * width).map((i) => ({ sum: sums[i], i: Math.floor(i / width), o: i % width }));
    const product = [
      ...range(width).flatMap((o) => outer[o].set(lanes.load(dyAt.get, o * bytes))),
      ...range(height).flatMap((i) => [
        ...inner.set(apart && i > 0 ? lanes.loadOne(i32.add(xAt.get, xInputs[i].get)) : lanes.loadOne(xAt.get, i * 4)),
        ...cells.filter((cell) => cell.i === i).flatMap(({ sum, o }) => sum.set(lanes.add(sum.get, lanes.mul(inner.get, outer[o].get)))),
      ]),
      ...advanceBy(xAt, xColumn.get),
      ...advanceBy(dyAt, dyColumn.get),
    ];
    return [
      ...dwRows.slice(0, height).flatMap((local, i) => local.set(i === 0 ? dwTile.get : i32.add(dwRows[i - 1].get, dwInput.get))),
      ...cells.flatMap(({ sum, i, o }) => sum.set(lanes.load(dwRows[i].get, o * bytes))),
      ...xAtRow.set(x.get),
      ...dyAtRow.set(dyTile.get),
      ...FunctionBuilder.times(row, rows.get, [
        ...xAt.set(xAtRow.get),
        ...dyAt.set(dyAtRow.get),
        ...FunctionBuilder.times(column, columns.get, product),
        ...advanceBy(xAtRow, xRow.get),
        ...advanceBy(dyAtRow, dyRow.get),
      ]),
      ...cells.flatMap(({ sum, i, o }) => lanes.store(dwRows[i].get, sum.get, o * bytes)),
    ];
  }

  const acrossOutputs = (height: number): Code => [
    ...outputsLeft.set(outputs.get),
    ...dyTile.set(dy.get),
    ...dwTile.set(dw.get),
    ...acrossChannels(outputsLeft, [dyTile, dwTile], ({ lanes, width }) => tile(height, lanes, width), OUTPUT_SPANS),
  ];

  const acrossInputs = (height: number): Code =>
    FunctionBuilder.while(i32.lessOrEqual(i32.constant(height), inputs.get), [
      ...acrossOutputs(height),
      ...advanceBy(x, apart ? i32.mul(xInput.get, i32.constant(height)) : height * 4),
      ...advanceBy(dw, i32.mul(dwInput.get, i32.constant(height))),
      ...inputs.set(i32.sub(inputs.get, i32.constant(height))),
    ]);

  built.body = [
    ...xInputs.slice(1).flatMap((local, i) => local.set(i32.mul(xInput.get, i32.constant(i + 1)))),
    ...acrossInputs(4),
    ...acrossInputs(1),
  ];
  return built;
}
