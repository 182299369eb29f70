import { textTable } from '../../pipeline/support/text-table.ts';
import { CHARACTER, escape, px, seriesClass, SERIES_STYLE } from '../../pipeline/support/charts/svg.ts';
import type { FloorParts } from './floor.ts';
import { medianOf, ratioOf, type Measured } from './turns.ts';
import type { ServerBar } from './works.ts';

export interface JudgedBar extends ServerBar {
  connections: number;
  median: number;
  ofMinima: number;
  met: boolean;
}

export interface WorkResult {
  work: string;
  pictures: string;
  files: number;
  bytes: number;
  measured: Measured[];
  bars: JudgedBar[];
  /** Contestants that were left out, and why. */
  missing: string[];
  floor?: FloorParts;
}

/** Holds the measured ratios against the bars; both sides must be there. */
export function judgeServers(measured: readonly Measured[], bars: readonly ServerBar[]): JudgedBar[] {
  return [...new Set(measured.map(({ connections }) => connections))].flatMap((connections) =>
    bars.flatMap((bar): JudgedBar[] => {
      const find = (name: string) => measured.find((entry) => entry.contestant === name && entry.connections === connections);
      const [ours, other] = [find(bar.ours), find(bar.other)];
      if (!ours || !other) return [];
      const ratio = ratioOf(ours, other, bar.figure);
      return [{ ...bar, connections, ...ratio, met: bar.most !== undefined ? ratio.median <= bar.most : ratio.median >= bar.least! }];
    }),
  );
}

const FIGURES = { processorMs: 'processor time', answersPerSecond: 'throughput', p50Ms: 'median', p99Ms: 'p99' } as const;

/** Tables of one work for a terminal. */
export function workText({ work, pictures, files, bytes, measured, bars, missing, floor }: WorkResult): string {
  const reference = measured.find(({ contestant }) => contestant.startsWith('ours'));
  const rows = measured.map((entry) => [
    entry.contestant,
    String(entry.connections),
    medianOf(entry, 'processorMs').toFixed(2),
    Math.min(...entry.turns.map(({ processorMs }) => processorMs)).toFixed(2),
    medianOf(entry, 'answersPerSecond').toFixed(0),
    medianOf(entry, 'p50Ms').toFixed(1),
    medianOf(entry, 'p99Ms').toFixed(1),
    (entry.residentBytes / 1e6).toFixed(0),
    String(entry.answers),
    Object.entries(entry.others)
      .map(([status, count]) => `${count} × ${status}`)
      .join(' ') || '–',
    reference && entry.labels.some(Boolean) && entry.contestant !== 'http alone'
      ? `${entry.labels.filter((label, i) => label === reference.labels[i]).length} of ${files}`
      : '–',
  ]);
  const head = [work, 'connections', 'processor ms', 'least', 'answers/s', 'p50 ms', 'p99 ms', 'MB', 'answers', 'not 200', 'same top-1'];
  const judged = bars.map(({ ours, other, figure, connections, median, ofMinima, most, least, met }) => [
    `${ours} / ${other}: ${FIGURES[figure]}`,
    String(connections),
    median.toFixed(2),
    ofMinima.toFixed(2),
    most !== undefined ? `≤ ${most}` : `≥ ${least}`,
    met ? 'met' : 'MISSED',
  ]);
  return [
    `${work}: ${files} files, ${(bytes / 1e6).toFixed(2)} MB: ${pictures}`,
    textTable(head, rows),
    ...(judged.length > 0 ? ['', textTable(['ratio', 'connections', 'median of turns', 'of minima', 'bar', ''], judged)] : []),
    ...(floor ? ['', floorText(floor, measured)] : []),
    ...missing,
    '',
  ].join('\n');
}

function floorText({ decodeMs, decoder, resizeMs, inferenceMs, backend }: FloorParts, measured: readonly Measured[]): string {
  const rows = measured
    .filter(({ contestant }) => contestant === 'http alone')
    .flatMap((http) => {
      const ours = measured.find(({ contestant, connections }) => contestant === 'ours integer' && connections === http.connections);
      if (!ours) return [];
      const httpMs = medianOf(http, 'processorMs');
      const floor = decodeMs + resizeMs + inferenceMs + httpMs;
      const own = medianOf(ours, 'processorMs');
      const parts = [httpMs, decodeMs, resizeMs, inferenceMs, floor, own].map((ms) => ms.toFixed(2));
      return [[String(http.connections), ...parts, (own / floor).toFixed(2)]];
    });
  const head = ['connections', 'HTTP', `decoding (${decoder})`, 'resizing', `inference (${backend})`, 'floor', 'ours', 'ours / floor'];
  return `the floor, processor ms, each part alone in a process\n${textTable(head, rows)}`;
}

const ROW = 18;
const LEFT = 190;
const BAR_WIDTH = 420;

/** Bars of processor time a request, one a contestant and number of connections, as an SVG file. */
export function plot(results: readonly WorkResult[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const { work, measured } of results) {
    const most = Math.max(...measured.map((entry) => medianOf(entry, 'processorMs')));
    const names = [...new Set(measured.map(({ contestant }) => contestant))];
    y += ROW;
    parts.push(`<text x="8" y="${y}" font-weight="bold">${escape(work)}: processor ms a request</text>`);
    for (const entry of measured) {
      y += ROW;
      const value = medianOf(entry, 'processorMs');
      const width = (BAR_WIDTH * value) / most;
      parts.push(
        `<text x="${LEFT - 8}" y="${y}" text-anchor="end">${escape(`${entry.contestant}, ${entry.connections}`)}</text>` +
          `<rect class="${seriesClass(names.indexOf(entry.contestant))}" fill="currentColor" x="${LEFT}" y="${y - 11}" width="${px(width)}" height="13"/>` +
          `<text x="${px(LEFT + width + 6)}" y="${y}">${value.toFixed(2)}</text>`,
      );
    }
    y += ROW / 2;
  }
  const [width, height] = [LEFT + BAR_WIDTH + 10 * CHARACTER, y + ROW];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" font-family="sans-serif" font-size="12"><title>Processor time a request, by server and connections</title><style>${SERIES_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`;
}
