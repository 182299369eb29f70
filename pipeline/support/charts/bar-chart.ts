/** Horizontal bars as SVG text: each a mean with its spread and the single values as dots; or plain shares, sorted by the caller. */
import { CHARACTER, fitted, px, seriesClass, STRONG_CHARACTER, svg, ticks } from './svg.ts';

export interface Bar {
  name: string;
  value: number;
  /** Half the length of the error bar. */
  error?: number;
  /** Single values behind `value`, and their names for hovering. */
  dots?: { name: string; value: number }[];
  /** Text at the end of the bar. */
  text: string;
  style?: number;
}

const PLOT = 300;
const ROW = 30;
const NAME = 26;

/** Bars begin at 0. @param high where the axis ends; default the largest value */
export function barChart(title: string, bars: Bar[], format: (value: number) => string, high?: number): string {
  const largest =
    high ?? Math.max(0, ...bars.flatMap(({ value, error = 0, dots = [] }) => [value + error, ...dots.map((dot) => dot.value)]));
  const end = largest || 1;
  const left = 12 + CHARACTER * Math.min(NAME, Math.max(...bars.map(({ name }) => name.length)));
  const right = 18 + STRONG_CHARACTER * Math.max(...bars.map(({ text }) => text.length));
  const x = (value: number): number => left + (PLOT * value) / end;
  const bottom = bars.length * ROW + 4;
  const grid = ticks(0, end, 4).map(
    (value) =>
      `<line class="grid" x1="${px(x(value))}" x2="${px(x(value))}" y1="0" y2="${bottom}"/><text class="tick" x="${px(x(value))}" y="${bottom + 15}" text-anchor="middle">${format(value)}</text>`,
  );
  const rows = bars.map(({ name, value, error, dots = [], text, style }, i) => {
    const middle = i * ROW + ROW / 2 + 2;
    const reach = Math.max(value + (error ?? 0), ...dots.map((dot) => dot.value));
    const whisker = error
      ? `<path fill="none" class="axis" stroke-width="1.5" style="opacity:1" d="M${px(x(Math.max(0, value - error)))} ${middle}H${px(x(value + error))}M${px(x(Math.max(0, value - error)))} ${middle - 4}v8M${px(x(value + error))} ${middle - 4}v8"/>`
      : '';
    const points = dots.map(
      (dot) =>
        `<circle class="dot" cx="${px(x(dot.value))}" cy="${middle}" r="3.2" fill="Canvas" stroke="currentColor" stroke-width="1.5"><title>${fitted(dot.name, 200)}: ${format(dot.value)}</title></circle>`,
    );
    return `<text x="${px(left - 6)}" y="${middle + 4}" text-anchor="end">${fitted(name, NAME)}</text><rect class="${seriesClass(style ?? 0)}" x="${px(left)}" y="${middle - 9}" width="${px(x(value) - left)}" height="18" fill="currentColor" opacity=".55"/>${whisker}${points.join('')}<text x="${px(x(reach) + 9)}" y="${middle + 4}" class="strong">${text}</text>`;
  });
  return svg(title, left + PLOT + right, bottom + 22, [...grid, ...rows]);
}

export interface Interval {
  name: string;
  mean: number;
  interval?: [low: number, high: number];
  dots: { name: string; value: number }[];
  text: string;
  style?: number;
}

/** Means with their intervals about 0: what lies to one side of the line differs. */
export function intervalChart(title: string, rows: Interval[], format: (value: number) => string): string {
  const all = [0, ...rows.flatMap(({ mean, interval = [mean, mean], dots }) => [mean, ...interval, ...dots.map((dot) => dot.value)])];
  const span = Math.max(...all) - Math.min(...all) || 1;
  const [low, high] = [Math.min(...all) - 0.06 * span, Math.max(...all) + 0.06 * span];
  const left = 12 + CHARACTER * Math.min(NAME, Math.max(...rows.map(({ name }) => name.length)));
  const right = 18 + STRONG_CHARACTER * Math.max(...rows.map(({ text }) => text.length));
  const x = (value: number): number => left + (PLOT * (value - low)) / (high - low);
  const bottom = rows.length * ROW + 4;
  const grid = ticks(low, high, 4).map(
    (value) =>
      `<line class="grid" x1="${px(x(value))}" x2="${px(x(value))}" y1="0" y2="${bottom}"/><text class="tick" x="${px(x(value))}" y="${bottom + 15}" text-anchor="middle">${format(value)}</text>`,
  );
  const zero = `<line class="axis" stroke-width="1.5" x1="${px(x(0))}" x2="${px(x(0))}" y1="0" y2="${bottom}"/>`;
  const drawn = rows.map(({ name, mean, interval, dots, text, style }, i) => {
    const middle = i * ROW + ROW / 2 + 2;
    const line = interval
      ? `<path fill="none" stroke="currentColor" stroke-width="3" d="M${px(x(interval[0]))} ${middle}H${px(x(interval[1]))}M${px(x(interval[0]))} ${middle - 5}v10M${px(x(interval[1]))} ${middle - 5}v10"/>`
      : '';
    const points = dots.map(
      (dot) =>
        `<circle class="dot" cx="${px(x(dot.value))}" cy="${middle}" r="3.2" fill="Canvas" stroke="currentColor" stroke-width="1.5"><title>${fitted(dot.name, 200)}: ${format(dot.value)}</title></circle>`,
    );
    const diamond = `<path fill="currentColor" d="M${px(x(mean))} ${middle - 7}l6 7l-6 7l-6 -7Z"/>`;
    return `<text x="${px(left - 6)}" y="${middle + 4}" text-anchor="end">${fitted(name, NAME)}</text><g class="${seriesClass(style ?? 0)}">${line}${diamond}${points.join('')}</g><text x="${px(left + PLOT + 10)}" y="${middle + 4}" class="strong">${text}</text>`;
  });
  return svg(title, left + PLOT + right, bottom + 22, [...grid, zero, ...drawn]);
}
