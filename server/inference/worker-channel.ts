/** The worker's end of the channel. It waits without an event loop: there is nothing else to do, and a message costs a call or two. */
import { readSync, writeSync } from 'node:fs';
import { decodeFrame, encodeFrame, frameLengthOf, type Frame } from './frames.ts';
import { CHANNEL, type FromWorker, type ToWorker } from './protocol.ts';

export interface WorkerChannel {
  /**
   * Waits for the next message, and stops this thread until it is there.
   *
   * @param memory - for the message and its bytes, where they fit in
   * @returns null if the server has gone
   */
  receive(memory: Buffer): Frame<ToWorker> | null;
  /** Sends a message; ends the process if the server has gone. */
  send(message: FromWorker, bytes?: Uint8Array): void;
}

/** Opens the channel with which the server started this process. */
export function openWorkerChannel(fd = CHANNEL): WorkerChannel {
  return {
    receive(memory) {
      // The server sends nothing before it has its answer: no second frame can follow the first one.
      let whole = memory;
      let length: number | undefined;
      for (let filled = 0; length === undefined || filled < length;) {
        const count = read(fd, whole, filled);
        if (count === 0) return null;
        filled += count;
        length ??= frameLengthOf(whole.subarray(0, filled));
        if (length !== undefined && length > whole.length) whole = Buffer.concat([whole.subarray(0, filled)], length);
      }
      return decodeFrame<ToWorker>(whole.subarray(0, length));
    },
    send(message, bytes) {
      const head = encodeFrame(message, bytes?.byteLength ?? 0);
      const frame = bytes ? Buffer.concat([head, bytes]) : head;
      try {
        for (let at = 0; at < frame.length;) at += writeSync(fd, frame, at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit();
        throw error;
      }
    },
  };
}

/** @returns bytes read; 0 at the end */
function read(fd: number, into: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(fd, into, at, into.length - at, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ECONNRESET' || code === 'EOF') return 0;
      // A signal came in between.
      if (code !== 'EINTR') throw error;
    }
  }
}
