/** The name that was probably meant. */

/** Letters that may be wrong: one in three, and one of two. */
const allowedDistance = (text: string): number => (text.length < 2 ? 0 : Math.max(1, Math.floor(text.length / 3)));

/** @returns the nearest of `names` (upper and lower case are alike); undefined if none is near */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const wanted = text.toLowerCase();
  const found = names.map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }));
  const [best] = found.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= allowedDistance(wanted) ? best.name : undefined;
}

/** `; did you mean NAME?`, or nothing. */
export function suggestion(text: string, names: readonly string[]): string {
  const name = nearest(text, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours from one text to the other (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          rows[i - 1][j] + 1,
          row[j - 1] + 1,
          rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
          isSwap ? rows[i - 2][j - 2] + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
