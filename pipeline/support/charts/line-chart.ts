/** A line chart as SVG text: a few series over epochs, with bands where they are of several runs, labelled where they end. */
import { fitted, px, seriesClass, seriesDash, STRONG_CHARACTER, svg, ticks } from './svg.ts';

export interface Series {
  name: string;
  /** Values of the last epochs, one each: a series that begins later is shorter. */
  values: number[];
  /** Spread of the runs, as long as `values`. */
  band?: { low: number; high: number }[];
  /** Its colour and pattern; default its place among the series. */
  style?: number;
}

const PLOT = { width: 340, height: 200 };
const MARGIN = { top: 16, bottom: 34, left: 56 };
const LABEL = 18;
const GAP = 14;

/** @param format of the values on the axis. One value a series is drawn as a dot. */
export function lineChart(title: string, series: Series[], format: (value: number) => string): string {
  const all = series.flatMap(({ values, band = [] }) => [...values, ...band.flatMap(({ low, high }) => [low, high])]);
  const [low, high] = padded(Math.min(...all), Math.max(...all));
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const texts = series.map(
    ({ name, values }) => `${name.length > LABEL ? `${name.slice(0, LABEL - 1)}…` : name} ${format(values.at(-1)!)}`,
  );
  const right = 16 + STRONG_CHARACTER * Math.max(...texts.map((text) => text.length));
  const width = MARGIN.left + PLOT.width + right;
  const bottom = MARGIN.top + PLOT.height;
  const end = MARGIN.left + PLOT.width;
  const x = (epoch: number): number => (epochs === 1 ? end : MARGIN.left + (PLOT.width * (epoch - 1)) / (epochs - 1));
  const y = (value: number): number => bottom - (PLOT.height * (value - low)) / (high - low);
  const grid = ticks(low, high).map(
    (value) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${end}" y1="${px(y(value))}" y2="${px(y(value))}"/><text class="tick" x="${MARGIN.left - 6}" y="${px(y(value) + 4)}" text-anchor="end">${format(value)}</text>`,
  );
  const marks = epochTicks(epochs).map(
    (epoch) => `<text class="tick" x="${px(x(epoch))}" y="${bottom + 16}" text-anchor="middle">${epoch}</text>`,
  );
  const labelAt = spread(
    series.map(({ values }) => y(values.at(-1)!)),
    GAP,
    MARGIN.top,
    bottom,
  );
  const lines = series.map(({ name, values, band, style }, i) => {
    const place = style ?? i;
    const at = (e: number): string => px(x(epochs - values.length + e + 1));
    const points = values.map((value, e) => `${at(e)},${px(y(value))}`).join(' ');
    const edges = band && [
      ...band.map(({ high: edge }, e) => `${at(e)} ${px(y(edge))}`),
      ...band.map(({ low: edge }, e) => `${at(e)} ${px(y(edge))}`).reverse(),
    ];
    const last = y(values.at(-1)!);
    const leader =
      Math.abs(labelAt[i] - last) > 3
        ? `<line stroke="currentColor" opacity=".5" x1="${px(end + 4)}" y1="${px(last)}" x2="${px(end + 10)}" y2="${px(labelAt[i])}"/>`
        : '';
    return `<g class="${seriesClass(place)} ink">${edges ? `<path fill="currentColor" opacity=".16" d="M${edges.join('L')}Z"/>` : ''}<polyline fill="none" stroke="currentColor" stroke-width="2"${seriesDash(place)} points="${points}"/><circle cx="${px(end)}" cy="${px(last)}" r="3" fill="currentColor"/>${leader}<text x="${px(end + 12)}" y="${px(labelAt[i] + 4)}" fill="currentColor">${fitted(name, LABEL)} ${format(values.at(-1)!)}</text></g>`;
  });
  const axis = `<text class="tick" x="${px((MARGIN.left + end) / 2)}" y="${bottom + 31}" text-anchor="middle">epoch</text>`;
  const lowest = Math.max(bottom + MARGIN.bottom, ...labelAt.map((at) => at + 10));
  return svg(title, width, lowest, [...grid, ...marks, axis, ...lines]);
}

/** A legend as HTML, for charts that share their series. */
export function legend(names: string[]): string {
  const items = names.map(
    (name, i) =>
      `<li class="${seriesClass(i)}"><svg aria-hidden="true" viewBox="0 0 30 10" width="30" height="10"><line x1="0" x2="30" y1="5" y2="5" stroke="currentColor" stroke-width="3"${seriesDash(i)}/></svg><span>${fitted(name, 200)}</span></li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function epochTicks(epochs: number): number[] {
  if (epochs === 1) return [1];
  const inner = ticks(1, epochs, 4).filter((epoch) => Number.isInteger(epoch) && epoch > 1 && epochs - epoch > epochs / 12);
  return [1, ...inner.filter((epoch) => epoch - 1 > epochs / 12), epochs];
}

function padded(low: number, high: number): [number, number] {
  const pad = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  // What is never negative (losses, accuracies) gets no negative axis.
  return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
}

/** Moves label positions apart until none overlaps another: those that would, stand around their middle. */
function spread(positions: number[], gap: number, top: number, bottom: number): number[] {
  const groups: { members: number[]; middle: number }[] = [];
  const height = (members: number[]): number => gap * (members.length - 1);
  const within = (members: number[], middle: number): number =>
    Math.max(top + height(members) / 2, Math.min(bottom - height(members) / 2, middle));
  for (const i of positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b])) {
    let group = { members: [i], middle: within([i], positions[i]) };
    for (
      let above = groups.at(-1);
      above && above.middle + height(above.members) / 2 + gap > group.middle - height(group.members) / 2;
      above = groups.at(-1)
    ) {
      groups.pop();
      const members = [...above.members, ...group.members];
      group = { members, middle: within(members, members.reduce((sum, member) => sum + positions[member], 0) / members.length) };
    }
    groups.push(group);
  }
  const out = [...positions];
  for (const { members, middle } of groups) members.forEach((member, place) => (out[member] = middle - height(members) / 2 + gap * place));
  return out;
}
