/** A line chart as SVG text: a few series over epochs, labelled where they end. */

export interface Series {
  name: string;
  /** Of the last epochs, one each: a series that begins later is shorter. */
  values: number[];
}

const WIDTH = 560;
const HEIGHT = 240;
const MARGIN = { top: 16, right: 160, bottom: 32, left: 52 };
const COLOURS = ['#2563eb', '#d97706', '#059669', '#9333ea'];
const TICKS = 4;

/** @param format of the values on the axis. One value a series is drawn as a dot. */
export function lineChart(title: string, series: Series[], format: (value: number) => string): string {
  const all = series.flatMap(({ values }) => values);
  const [low, high] = padded(Math.min(...all), Math.max(...all));
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const x = (epoch: number): number => MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * (epoch - 1)) / Math.max(1, epochs - 1);
  const y = (value: number): number => HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * (value - low)) / (high - low);
  const grid = Array.from({ length: TICKS + 1 }, (_, i) => {
    const value = low + ((high - low) * i) / TICKS;
    return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/><text class="tick" x="${MARGIN.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${format(value)}</text>`;
  });
  const labelAt = spread(series.map(({ values }) => y(values.at(-1)!)));
  const lines = series.map(({ name, values }, i) => {
    const before = epochs - values.length;
    const points = values.map((value, e) => `${x(before + e + 1).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const end = x(epochs);
    return `<polyline fill="none" stroke="${COLOURS[i]}" stroke-width="2" points="${points}"/><circle cx="${end.toFixed(1)}" cy="${y(values.at(-1)!).toFixed(1)}" r="3" fill="${COLOURS[i]}"/><text x="${(end + 8).toFixed(1)}" y="${(labelAt[i] + 4).toFixed(1)}" fill="${COLOURS[i]}">${name} ${format(values.at(-1)!)}</text>`;
  });
  return `<svg role="img" aria-label="${title}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}"><title>${title}</title>${grid.join('')}<text class="tick" x="${MARGIN.left}" y="${HEIGHT - 10}">epoch 1</text><text class="tick" x="${WIDTH - MARGIN.right}" y="${HEIGHT - 10}" text-anchor="end">${epochs}</text>${lines.join('')}</svg>`;
}

function padded(low: number, high: number): [number, number] {
  const pad = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  // What is never negative (losses, accuracies) gets no negative axis.
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

/** Moves label positions apart until none overlaps another. */
function spread(positions: number[]): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const out = [...positions];
  for (let i = 1; i < order.length; i++) out[order[i]] = Math.max(out[order[i]], out[order[i - 1]] + 14);
  return out;
}
