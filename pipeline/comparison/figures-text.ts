/** Figures of a comparison as text, the same in table, report and conclusion. Top-1 in per cent, differences in percentage points. */
import type { PairedDifference } from './summary.ts';
import { LEAST_FOR_INTERVAL, type Spread } from './statistics.ts';

/** `61.20 ± 0.35 %`; of one value without a spread. */
export const percentSpread = ({ mean, sd }: Spread): string =>
  `${(100 * mean).toFixed(2)}${sd === undefined ? '' : ` ± ${(100 * sd).toFixed(2)}`} %`;

export const numberSpread = ({ mean, sd }: Spread, digits: number): string =>
  `${mean.toFixed(digits)}${sd === undefined ? '' : ` ± ${sd.toFixed(digits)}`}`;

/** `+0.35`, `-1.20`, in percentage points. */
export function points(fraction: number): string {
  const text = (100 * fraction).toFixed(2);
  return Number(text) === 0 ? '0.00' : `${fraction > 0 ? '+' : ''}${text}`;
}

export const pointsSpread = ({ mean, sd }: Spread): string => `${points(mean)}${sd === undefined ? '' : ` ± ${(100 * sd).toFixed(2)}`}`;

/** The interval of a difference, or why there is none. */
export function intervalText({ n, interval }: PairedDifference): string {
  if (interval) return `${points(interval[0])} to ${points(interval[1])}`;
  return n < LEAST_FOR_INTERVAL ? `none: n = ${n} < ${LEAST_FOR_INTERVAL}` : 'none: differences all equal';
}
