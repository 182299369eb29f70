import { MULTIPLIED_SHIFTS } from '../arithmetic.ts';
import type { IntegerProgram } from '../program.ts';

/** True of a program of version 1 with shifts or sums that the form of version 2 (`requantizeConstant`) doesn't hold. */
export function needsDoubles({ nodes }: IntegerProgram): boolean {
  const [least, most] = MULTIPLIED_SHIFTS;
  return nodes.some((node) => {
    if (node.op === 'add') return 255 * (node.factors[0] + node.factors[1]) + Math.abs(node.offset) + 2 ** (node.shift - 1) >= 2 ** 31;
    if (!('multiplier' in node)) return false;
    const shifts = typeof node.shift === 'number' ? [node.shift] : node.shift;
    return shifts.some((shift) => shift < least || shift > most);
  });
}
