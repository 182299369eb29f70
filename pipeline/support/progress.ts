/** Progress for people: a bar that redraws itself on a terminal, plain lines now and then elsewhere. Always on stderr. */

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
const PLAIN_LINE_MS = 15_000;
/** Share of the whole from which on the pace says something about the rest. */
const KNOWN_FROM = 0.01;

export interface Progress {
  /** @param leftMs where the caller knows better than the pace so far, as for parts of unlike length */
  update(fraction: number, text: string, leftMs?: number): void;
  /** Clears the bar; `line` stays. */
  done(line?: string): void;
}

export function createProgress(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const began = performance.now();
  let drawn = stream.isTTY ? -Infinity : began - PLAIN_LINE_MS / 2;
  return {
    update(fraction, text, leftMs) {
      const now = performance.now();
      if (now - drawn < (stream.isTTY ? REDRAW_MS : PLAIN_LINE_MS)) return;
      drawn = now;
      const remainingMs = leftMs ?? (fraction >= KNOWN_FROM ? ((now - began) * (1 - fraction)) / fraction : undefined);
      const left = remainingMs === undefined ? '…' : duration(remainingMs);
      const line = `${label} ${Math.floor(fraction * 100)} % ${text}, ${left} left`;
      if (!stream.isTTY) return void stream.write(`${line}\n`);
      const filled = Math.round(fraction * BAR_WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
      stream.write(`\r\x1b[2K${label} ${bar} ${Math.floor(fraction * 100)} % ${text}, ${left} left`);
    },
    done(line) {
      if (stream.isTTY) stream.write('\r\x1b[2K');
      if (line) stream.write(`${line}\n`);
    },
  };
}

/** `75 s`, `12 min 05 s`, `2 h 03 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
}

export const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
