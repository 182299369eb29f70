/** Values put elsewhere, one by one: what copying whole pixels cannot do, because neighbours do not stay neighbours. */
import { FunctionBuilder, one } from '@sld-edge/runtime/integer';
import { advanceBy, range } from './loops.ts';

/** to[row, column, i] ← from[row, column, i]; the `count` values lie side by side in `to` and `fromStep` bytes apart in `from`. */
export function gatherElements() {
  const built = new FunctionBuilder({
    from: 'i32',
    to: 'i32',
    rows: 'i32',
    columns: 'i32',
    count: 'i32',
    fromRow: 'i32',
    fromColumn: 'i32',
    fromStep: 'i32',
    toRow: 'i32',
    toColumn: 'i32',
  });
  const { from, to, rows, columns, count, fromRow, fromColumn, fromStep, toRow, toColumn } = built.parameters;
  const [fromAtRow, toAtRow, fromAt, toAt, row, column, i] = range(7).map(() => built.local('i32'));
  built.body = FunctionBuilder.times(row, rows.get, [
    ...fromAtRow.set(from.get),
    ...toAtRow.set(to.get),
    ...FunctionBuilder.times(column, columns.get, [
      ...fromAt.set(fromAtRow.get),
      ...toAt.set(toAtRow.get),
      ...FunctionBuilder.times(i, count.get, [
        ...one.store(toAt.get, one.load(fromAt.get)),
        ...advanceBy(fromAt, fromStep.get),
        ...advanceBy(toAt, 4),
      ]),
      ...advanceBy(fromAtRow, fromColumn.get),
      ...advanceBy(toAtRow, toColumn.get),
    ]),
    ...advanceBy(from, fromRow.get),
    ...advanceBy(to, toRow.get),
  ]);
  return built;
}
