/** A reliability diagram as SVG text (Guo et al. 2017): how often an answer is right, by how sure the network was; on the line, both agree. */
import { px, svg } from './svg.ts';

/** The images whose confidence lies in a range: how many, and sums of right answers and of confidence over them. */
interface ReliabilityBin {
  lower: number;
  upper: number;
  count: number;
  correct: number;
  confidence: number;
}

const SIDE = 210;
const COUNTS = 42;
const LEFT = 50;
const TOP = 8;

export function reliabilityDiagram(title: string, bins: readonly ReliabilityBin[]): string {
  const x = (confidence: number): number => LEFT + SIDE * confidence;
  const y = (share: number): number => TOP + SIDE * (1 - share);
  const floor = TOP + SIDE + 12 + COUNTS;
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const total = bins.reduce((sum, { count }) => sum + count, 0) || 1;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${LEFT}" x2="${LEFT + SIDE}" y1="${px(y(share))}" y2="${px(y(share))}"/><text class="tick" x="${LEFT - 5}" y="${px(y(share) + 4)}" text-anchor="end">${100 * share} %</text><text class="tick" x="${px(x(share))}" y="${floor + 15}" text-anchor="middle">${100 * share}</text>`,
  );
  const bars = bins.flatMap(({ lower, upper, count, correct, confidence }) => {
    if (count === 0) return [];
    const [accuracy, sure] = [correct / count, confidence / count];
    const width = x(upper) - x(lower) - 1.5;
    const text = `${(100 * lower).toFixed(0)} to ${(100 * upper).toFixed(0)} % sure: right ${(100 * accuracy).toFixed(1)} %, mean confidence ${(100 * sure).toFixed(1)} %, ${count} images`;
    // The gap between what is claimed and what is true, as an outline.
    const gap = `<rect class="wrong" fill="currentColor" fill-opacity=".25" stroke="currentColor" x="${px(x(lower) + 0.75)}" width="${px(width)}" y="${px(y(Math.max(accuracy, sure)))}" height="${px(Math.max(0.5, SIDE * Math.abs(accuracy - sure)))}"/>`;
    return [
      `<g><title>${text}</title><rect class="right" fill="currentColor" opacity=".7" x="${px(x(lower) + 0.75)}" width="${px(width)}" y="${px(y(accuracy))}" height="${px(SIDE * accuracy)}"/>${gap}<rect class="right" fill="currentColor" opacity=".45" x="${px(x(lower) + 0.75)}" width="${px(width)}" y="${px(floor - (COUNTS * count) / most)}" height="${px((COUNTS * count) / most)}"/></g>`,
    ];
  });
  const diagonal = `<line stroke="currentColor" stroke-dasharray="4 3" opacity=".7" x1="${px(x(0))}" y1="${px(y(0))}" x2="${px(x(1))}" y2="${px(y(1))}"/>`;
  const captions = `<text class="tick" x="${px(x(0.5))}" y="${floor + 31}" text-anchor="middle">confidence, %</text><text class="tick" x="${LEFT - 5}" y="${floor - COUNTS + 10}" text-anchor="end">${((100 * most) / total).toFixed(0)} %</text>`;
  return svg(title, LEFT + SIDE + 24, floor + 38, [...grid, ...bars, diagonal, captions]);
}
