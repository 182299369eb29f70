/** Works through a grid of trainings: finished cells are read, started ones continued, a cell that fails does not stop the others. */
import { createProgress, percent, type Progress } from '../support/progress.ts';
import { runKey } from '../training/run.ts';
import { DivergenceError } from '../training/train.ts';
import { createDistiller } from '../distillers/index.ts';
import { forgetResult, writeFailure, type CellFailure, type CellResult } from './cell-result.ts';
import { cellState, type CellState } from './cell-state.ts';
import type { Cell } from './grid.ts';
import { createRemainingTime } from './remaining-time.ts';
import { runCell, type CellContext } from './run-cell.ts';

export interface GridOutcome {
  results: CellResult[];
  failures: CellFailure[];
}

export interface GridOptions {
  cells: readonly Cell[];
  context: CellContext;
  /** Start over what was made with other settings, and what diverged. */
  restart: boolean;
  say(line: string): void;
  /** Receives the outcome so far after each new cell. */
  onCell?(outcome: GridOutcome): void;
}

export interface InspectedCell {
  cell: Cell;
  /** `runKey` of it. */
  key: string;
  state: CellState;
}

/** The cells with their keys and how far they are. @throws Error naming the cells that hold another comparison's work, unless `restart` */
export function inspectGrid({ cells, context, restart }: Pick<GridOptions, 'cells' | 'context' | 'restart'>): InspectedCell[] {
  const inspected = cells.map((cell) => {
    const key = runKey({
      configuration: cell.configuration,
      engine: context.engine,
      teacher: teacherOf(cell, context)?.teacher,
      data: context.data,
    });
    return { cell, key, state: cellState(cell, key, context.data) };
  });
  if (restart)
    return inspected.map((entry) =>
      entry.state.kind === 'other' || entry.state.kind === 'diverged' ? { ...entry, state: { kind: 'new' } } : entry,
    );
  const others = inspected.filter(({ state }) => state.kind === 'other');
  if (others.length > 0) {
    const [{ cell, state }] = others;
    const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
    throw new Error(
      `${cell.folder}${more} was made with other settings (${state.kind === 'other' ? state.difference : ''}): repeat its flags, choose another --out, or start such cells over with --restart`,
    );
  }
  return inspected;
}

/** Teacher for the methods that learn from it, and for no other, so that a cell's key does not depend on what else is in the grid. */
export const teacherOf = ({ configuration }: Cell, { teacher }: CellContext): CellContext['teacher'] =>
  createDistiller(configuration.method, configuration, configuration.methodOptions).needsTeacher ? teacher : undefined;

export async function runGrid(options: GridOptions): Promise<GridOutcome> {
  const { context, say } = options;
  const outcome: GridOutcome = { results: [], failures: [] };
  const pace = createRemainingTime();
  const pending: InspectedCell[] = [];
  for (const entry of inspectGrid(options)) {
    if (entry.state.kind === 'finished') {
      outcome.results.push(entry.state.result);
      pace.observe(entry.cell.label, entry.state.result.seconds * 1000, 0, 1);
    } else if (entry.state.kind === 'diverged') outcome.failures.push(entry.state.failure);
    else pending.push(entry);
  }
  const there = outcome.results.length + outcome.failures.length;
  if (there > 0) say(`${there} of ${options.cells.length} cells are there already`);
  const bar = createProgress('compare');
  for (const [i, { cell, key, state }] of pending.entries()) {
    const name = `${cell.label} seed ${cell.seed}`;
    const after = pending.slice(i + 1).map(({ cell: { label } }) => ({ label, fraction: 1 }));
    const progress = cellProgress(bar, {
      name: `${name} (${there + i + 1} of ${options.cells.length})`,
      overall: (fraction) => (there + i + fraction) / options.cells.length,
      observe: (ms, from, to) => pace.observe(cell.label, ms, from, to),
      leftMs: (fraction) => pace.leftMs([{ label: cell.label, fraction: 1 - fraction }, ...after]),
    });
    const resume = state.kind === 'started';
    forgetResult(cell);
    try {
      const { result } = await runCell(
        cell,
        { ...context, teacher: teacherOf(cell, context) },
        { key, resume, progress, say: (line) => bar.done(`${name}: ${line}`) },
      );
      outcome.results.push(result);
      bar.done(`${name}: validation top-1 ${percent(result.validation.top1)}, test top-1 ${percent(result.test.top1)} (last epoch)`);
    } catch (error) {
      const failure: CellFailure = {
        label: cell.label,
        seed: cell.seed,
        key,
        diverged: error instanceof DivergenceError,
        reason: (error as Error).message,
      };
      writeFailure(cell, failure);
      outcome.failures.push(failure);
      bar.done(`${name} FAILED: ${failure.reason}`);
    }
    options.onCell?.(outcome);
  }
  return outcome;
}

interface CellShare {
  name: string;
  overall(fraction: number): number;
  observe(ms: number, from: number, to: number): void;
  leftMs(fraction: number): number | undefined;
}

/** Shows a training's progress as a share of the whole bar. */
function cellProgress(bar: Progress, { name, overall, observe, leftMs }: CellShare): Progress {
  let first: { at: number; fraction: number } | undefined;
  return {
    update(fraction, text) {
      const now = performance.now();
      first ??= { at: now, fraction };
      observe(now - first.at, first.fraction, fraction);
      bar.update(overall(fraction), `${name}, ${text}`, leftMs(fraction));
    },
    done: (line) => bar.done(line && `${name}: ${line}`),
  };
}
