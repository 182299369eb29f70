/** Everything that can happen to a file of a package on its way: what every reader must refuse, naming the file. */
export interface Tampering {
  /** Name for a test's title: `tfjs/uint8/weights-1of2.bin: a flipped bit at its end`. */
  what: string;
  /** The file that differs. */
  file: string;
  /** The package with it: path to bytes. */
  files: Map<string, Uint8Array>;
  /** The file is not there any more. */
  missing: boolean;
}

/**
 * Each file in turn: one bit flipped at its beginning, in its middle and at its end, cut off by a byte and to nothing,
 * a byte longer, missing, and another version's file of the same path in its place.
 *
 * @param files of the package, path to bytes
 * @param other another version's files, of the same paths
 */
export function* tamperings(files: ReadonlyMap<string, Uint8Array>, other: ReadonlyMap<string, Uint8Array>): Generator<Tampering> {
  for (const [file, bytes] of files) {
    const replaced = (what: string, content: Uint8Array | undefined): Tampering => {
      const changed = new Map(files);
      if (content) changed.set(file, content);
      else changed.delete(file);
      return { what: `${file}: ${what}`, file, files: changed, missing: content === undefined };
    };
    for (const [where, at] of [
      ['beginning', 0],
      ['middle', bytes.length >> 1],
      ['end', bytes.length - 1],
    ] as const) {
      yield replaced(
        `a flipped bit at its ${where}`,
        bytes.map((byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte)),
      );
    }
    yield replaced('cut off', bytes.subarray(0, -1));
    yield replaced('empty', new Uint8Array(0));
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    yield replaced('longer', longer);
    yield replaced('missing', undefined);
    const theirs = other.get(file);
    // What both versions share is no mix-up.
    if (theirs && !equal(theirs, bytes)) yield replaced("another version's", theirs);
  }
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
