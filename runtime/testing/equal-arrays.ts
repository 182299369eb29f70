/** Set-up of every test file: typed arrays of the same type and bytes are equal at once, where Vitest would compare value by value, for seconds. */
import { expect } from 'vitest';

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer => Buffer.from(buffer, byteOffset, byteLength);

expect.addEqualityTesters([
  (a: unknown, b: unknown): true | undefined => {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
    // Others, 0 and -0 among them, are Vitest's to compare and to show.
    return a.byteLength === b.byteLength && bytesOf(a).equals(bytesOf(b)) ? true : undefined;
  },
]);
