/** Accuracy over size as SVG text: a point for each way to store a network, a line through those that belong together. */
import { escape, fitted, px, seriesClass, STRONG_CHARACTER, svg, ticks } from './svg.ts';

export interface SizePoint {
  name: string;
  bytes: number;
  /** Fraction. */
  accuracy: number;
  /** Half of the error bar, a fraction. */
  error?: number;
}

export interface SizeSeries {
  name: string;
  points: SizePoint[];
  /** Its colour and shape. */
  style: number;
  /** A line through the points, by size. */
  line?: boolean;
  /** Their names beside the points; otherwise they show on hovering. */
  labelled?: boolean;
}

const PLOT = { width: 620, height: 330 };
const MARGIN = { top: 16, bottom: 44, left: 62, right: 96 };
const LABEL_GAP = 14;

const SHAPES = [
  (x: number, y: number) => `<circle cx="${px(x)}" cy="${px(y)}" r="5"/>`,
  (x: number, y: number) => `<path d="M${px(x)} ${px(y - 6.5)}l6.5 6.5l-6.5 6.5l-6.5 -6.5Z"/>`,
  (x: number, y: number) => `<rect x="${px(x - 4.5)}" y="${px(y - 4.5)}" width="9" height="9"/>`,
  (x: number, y: number) => `<path d="M${px(x)} ${px(y - 6)}l6 10.5h-12Z"/>`,
  (x: number, y: number) =>
    `<path d="M${px(x)} ${px(y - 9)}l2.3 6.2l6.6 .3l-5.2 4.1l1.8 6.4l-5.5 -3.7l-5.5 3.7l1.8 -6.4l-5.2 -4.1l6.6 -.3Z"/>`,
];

/** @param floor accuracies below it are drawn at the bottom edge, with an arrow: one that broke must not flatten the others */
export function sizeChart(title: string, series: readonly SizeSeries[], floor = 0): string {
  const points = series.flatMap((one) => one.points);
  const shown = points.filter(({ accuracy }) => accuracy >= floor);
  const [low, high] = padded(shown.flatMap(({ accuracy, error = 0 }) => [accuracy - error, accuracy + error]));
  const [least, most] = [Math.min(...points.map(({ bytes }) => bytes)) / 1.12, Math.max(...points.map(({ bytes }) => bytes)) * 1.12];
  const bottom = MARGIN.top + PLOT.height;
  const end = MARGIN.left + PLOT.width;
  const x = (bytes: number): number => MARGIN.left + (PLOT.width * Math.log(bytes / least)) / Math.log(most / least);
  const y = (accuracy: number): number => bottom - (PLOT.height * (Math.max(low, accuracy) - low)) / (high - low);

  const step = ticks(low, high, 6);
  const digits = step.length > 1 && step[1] - step[0] < 0.00999 ? 1 : 0;
  const grid = step.map(
    (value) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${end}" y1="${px(y(value))}" y2="${px(y(value))}"/><text class="tick" x="${MARGIN.left - 6}" y="${px(y(value) + 4)}" text-anchor="end">${(100 * value).toFixed(digits)} %</text>`,
  );
  const sizes = sizeTicks(least, most).map(
    (bytes) =>
      `<line class="grid" x1="${px(x(bytes))}" x2="${px(x(bytes))}" y1="${MARGIN.top}" y2="${bottom}"/><text class="tick" x="${px(x(bytes))}" y="${bottom + 16}" text-anchor="middle">${sizeText(bytes)}</text>`,
  );
  const axis = `<text class="tick" x="${px((MARGIN.left + end) / 2)}" y="${bottom + 36}" text-anchor="middle">bytes of weights (logarithmic)</text>`;

  const drawn = series.map(({ points: own, style, line }) => {
    const sorted = [...own].sort((a, b) => a.bytes - b.bytes);
    const path =
      line && sorted.length > 1
        ? `<polyline fill="none" stroke="currentColor" stroke-width="2" opacity=".7" points="${sorted.map(({ bytes, accuracy }) => `${px(x(bytes))},${px(y(accuracy))}`).join(' ')}"/>`
        : '';
    const marks = own.map(({ name, bytes, accuracy, error }) => {
      const [at, height] = [x(bytes), y(accuracy)];
      const below = accuracy < low;
      const bar =
        error && !below
          ? `<path fill="none" stroke="currentColor" stroke-width="1.2" opacity=".55" d="M${px(at)} ${px(y(accuracy - error))}V${px(y(accuracy + error))}"/>`
          : '';
      const text = `${name}: ${bytes.toLocaleString('en')} bytes, ${(100 * accuracy).toFixed(2)} %${error ? ` ± ${(100 * error).toFixed(2)}` : ''}`;
      const mark = below ? `<path d="M${px(at)} ${px(bottom)}l-5 -9h10Z"/>` : SHAPES[style % SHAPES.length](at, height);
      return `<g fill="currentColor">${bar}${mark}<title>${escape(text)}</title></g>`;
    });
    return `<g class="${seriesClass(style)}">${path}${marks.join('')}</g>`;
  });

  const labels = placed(
    series
      .filter(({ labelled }) => labelled)
      .flatMap(({ points: own, style }) =>
        own.map((point) => ({
          text: point.accuracy < low ? `${point.name} ${(100 * point.accuracy).toFixed(1)} %` : point.name,
          style,
          x: x(point.bytes),
          y: y(point.accuracy),
        })),
      ),
    points.map(({ bytes, accuracy }) => ({ x: x(bytes), y: y(accuracy) })),
    bottom,
  );
  const texts = labels.map(
    ({ text, style, x: at, y: height }) =>
      `<g class="${seriesClass(style)} ink"><text x="${px(at)}" y="${px(height)}" fill="currentColor">${fitted(text, 24)}</text></g>`,
  );
  return svg(title, end + MARGIN.right, bottom + MARGIN.bottom, [...grid, ...sizes, axis, ...drawn, ...texts]);
}

interface Label {
  text: string;
  style: number;
  x: number;
  y: number;
}

/** Each beside its point, at the first of a few places where it covers no other label and no point. */
function placed(labels: readonly Label[], marks: readonly { x: number; y: number }[], bottom: number): Label[] {
  const taken: { left: number; right: number; y: number }[] = [];
  return labels.map((label) => {
    const width = STRONG_CHARACTER * Math.min(24, label.text.length);
    const places = [0, 1, -1, 2, -2, 3, -3, 4, -4].flatMap((row) => [
      { x: label.x + 10, y: label.y + 4 + row * LABEL_GAP },
      { x: label.x - 10 - width, y: label.y + 4 + row * LABEL_GAP },
    ]);
    const free = ({ x, y }: { x: number; y: number }): boolean =>
      x > MARGIN.left &&
      y > MARGIN.top &&
      y < bottom &&
      taken.every((other) => x > other.right || x + width < other.left || Math.abs(y - other.y) >= LABEL_GAP - 1) &&
      marks.every((mark) => mark.x < x - 6 || mark.x > x + width + 6 || Math.abs(mark.y - (y - 4)) > 9);
    const place = places.find(free) ?? places[0];
    taken.push({ left: place.x, right: place.x + width, y: place.y });
    return { ...label, ...place };
  });
}

function padded(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = (high - low) * 0.06 || 0.01;
  return [Math.max(0, low - pad), Math.min(1, high + pad)];
}

/** Round numbers between: 1, 2 and 5 times powers of ten, or more of them where those are few. */
function sizeTicks(least: number, most: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log10(most)) + 1 }, (_, i) => 10 ** i);
  const of = (factors: number[]): number[] =>
    powers.flatMap((power) => factors.map((factor) => factor * power)).filter((bytes) => bytes >= least && bytes <= most);
  const few = of([1, 2, 5]);
  return few.length >= 4 ? few : of([1, 1.5, 2, 3, 5, 7]);
}

const sizeText = (bytes: number): string => (bytes >= 1e6 ? `${bytes / 1e6} MB` : bytes >= 1000 ? `${bytes / 1000} kB` : `${bytes} B`);
