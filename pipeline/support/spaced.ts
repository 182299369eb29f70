/** Spaces at most `count` whole numbers from 0 to below `length` evenly, the first and the last among them. */
export function spaced(length: number, count: number): number[] {
  const taken = Math.min(length, count);
  return Array.from({ length: taken }, (_, i) => (taken === 1 ? 0 : Math.round((i * (length - 1)) / (taken - 1))));
}
