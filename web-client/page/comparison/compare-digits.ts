import type { Prediction } from '@sld-edge/runtime';

/** A class with what two computers said of it. */
export interface ComparedClass {
  label: string;
  here: number;
  /** Undefined where the other one did not name the class. */
  there: number | undefined;
  /** Digits of `here`, and how many of them, from the front, are those of `there`. */
  digits: string;
  same: number;
}

export interface DigitComparison {
  /** The likeliest classes here first. */
  classes: ComparedClass[];
  /** Number of classes that both name. */
  compared: number;
  /** Number of them whose probabilities differ. */
  different: number;
  largestDifference: number;
}

/**
 * Compares two answers digit by digit: JSON carries every bit of a number, so that equal means equal.
 *
 * @param there of a model with more classes than a server names (1,000), the likeliest: only these are compared
 */
export function compareAnswers(here: readonly Prediction[], there: readonly Prediction[]): DigitComparison {
  const other = new Map(there.map(({ index, probability }) => [index, probability]));
  const classes = here.map(({ label, index, probability }): ComparedClass => {
    const otherProbability = other.get(index);
    const digits = String(probability);
    const same = otherProbability === undefined ? 0 : sameFromFront(digits, String(otherProbability));
    return { label, here: probability, there: otherProbability, digits, same };
  });
  const named = classes.filter(({ there: probability }) => probability !== undefined);
  const differing = named.filter(({ here: a, there: b }) => a !== b);
  return {
    classes,
    compared: named.length,
    different: differing.length,
    largestDifference: Math.max(0, ...differing.map(({ here: a, there: b }) => Math.abs(a - b!))),
  };
}

function sameFromFront(a: string, b: string): number {
  if (a === b) return a.length;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  return same;
}
