/** Minimisation of a smooth function by limited-memory BFGS (Nocedal and Wright 2006, Numerical Optimization, algorithms 7.4 and 7.5). */

export interface Evaluation {
  value: number;
  gradient: Float64Array;
}

export interface MinimiseOptions {
  /** Steps at most. */
  steps: number;
  /** Ends where the largest entry of the gradient is at most so much. */
  tolerance: number;
  /** Ends where `PATIENCE` steps together lower the value by less than so large a part of it. */
  leastDecrease: number;
}

/** Pairs of steps and gradients that are remembered. */
const MEMORY = 10;
/** Share of the decrease that the gradient promises which a step must bring (Armijo's condition). */
const SUFFICIENT = 1e-4;
const HALVINGS = 20;
const PATIENCE = 5;

/**
 * @param start is left as it is
 * @returns the point that was reached; a step that no halving makes better ends the search
 */
export async function minimise(
  evaluate: (point: Float64Array) => Promise<Evaluation>,
  start: Float64Array,
  { steps, tolerance, leastDecrease }: MinimiseOptions,
): Promise<{ point: Float64Array; value: number; steps: number }> {
  let point: Float64Array = start.slice();
  let { value, gradient } = await evaluate(point);
  const moves: Float64Array[] = [];
  const changes: Float64Array[] = [];
  const values = [value];
  for (let step = 0; step < steps; step++) {
    if (gradient.every((entry) => Math.abs(entry) <= tolerance)) return { point, value, steps: step };
    const direction = descent(gradient, moves, changes);
    const slope = dot(gradient, direction);
    let length = moves.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next: { point: Float64Array; value: number; gradient: Float64Array } | undefined;
    for (let halving = 0; halving < HALVINGS && !next; halving++, length /= 2) {
      const tried = point.map((entry, i) => entry + length * direction[i]);
      const there = await evaluate(tried);
      if (there.value <= value + SUFFICIENT * length * slope) next = { point: tried, ...there };
    }
    if (!next) return { point, value, steps: step };
    const reached = next;
    remember(
      moves,
      changes,
      reached.point.map((entry, i) => entry - point[i]),
      reached.gradient.map((entry, i) => entry - gradient[i]),
    );
    ({ point, value, gradient } = reached);
    values.push(value);
    if (step >= PATIENCE && values[step + 1 - PATIENCE] - value < leastDecrease * Math.abs(value)) return { point, value, steps: step + 1 };
  }
  return { point, value, steps };
}

/** A pair whose curvature is not positive would make the next direction point uphill. */
function remember(moves: Float64Array[], changes: Float64Array[], move: Float64Array, change: Float64Array): void {
  if (dot(move, change) <= 1e-12 * dot(change, change)) return;
  moves.push(move);
  changes.push(change);
  if (moves.length > MEMORY) for (const list of [moves, changes]) list.shift();
}

/** Minus the gradient times the remembered estimate of the inverse Hessian. */
function descent(gradient: Float64Array, moves: readonly Float64Array[], changes: readonly Float64Array[]): Float64Array {
  const direction = gradient.map((entry) => -entry);
  const weights: number[] = [];
  for (let i = moves.length - 1; i >= 0; i--) {
    weights[i] = dot(moves[i], direction) / dot(moves[i], changes[i]);
    add(direction, -weights[i], changes[i]);
  }
  const last = moves.length - 1;
  if (last >= 0) {
    const scale = dot(moves[last], changes[last]) / dot(changes[last], changes[last]);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let i = 0; i < moves.length; i++) add(direction, weights[i] - dot(changes[i], direction) / dot(moves[i], changes[i]), moves[i]);
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}
