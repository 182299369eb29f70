/** Numbers as people read them. */

/** @returns `0.4 ms`, `12 ms`, `1.3 s` */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** @param fraction in [0, 1] @returns `97.4 %`; never 0 or 100 for what is neither */
export function formatPercent(fraction: number): string {
  if (fraction > 0 && fraction < 0.001) return '< 0.1 %';
  if (fraction < 1 && fraction > 0.999) return '> 99.9 %';
  return `${(fraction * 100).toFixed(1)} %`;
}

/** @returns `512 B`, `98 kB`, `2.4 MB`, in powers of 1000 */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
