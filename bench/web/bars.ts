/** Bars that our kernels are held to beside the others, on minima. */
import { OUR_SUBJECTS, type SubjectName } from './frame/subjects.ts';
import type { BenchedNetwork } from './networks.ts';
import type { ContestantTimes } from './turns.ts';

export interface WebBar {
  /** `wasm / LiteRT int8`. */
  ratio: string;
  value: number;
  /** The same ratio of processor time, where it was measured. */
  byProcessorTime?: number;
  bar: number;
  /** True where the value must be at most the bar, not at least. */
  isCeiling: boolean;
  met: boolean;
}

type Times = Pick<ContestantTimes, 'subject' | 'threads' | 'minMs' | 'processorMs'>;

/** Our time over another's, at most, by family. */
const CEILINGS: Record<BenchedNetwork['family'], { subject: SubjectName; most: number }> = {
  ResNet: { subject: 'LiteRT int8', most: 0.75 },
  MobileNetV2: { subject: 'LiteRT int8', most: 0.9 },
  EfficientNet: { subject: 'LiteRT int8', most: 0.9 },
  ShuffleNetV2: { subject: 'tfjs-wasm', most: 0.4 },
};

/** Others' times over ours, at least, on every network. */
const FLOORS: { subject: SubjectName; least: number }[] = [
  { subject: 'ORT-web int8', least: 1.5 },
  { subject: 'tfjs-wasm', least: 2 },
];

/** With several threads: over LiteRT's, at most; gain over one thread, at least, where there is enough to compute. */
const THREADS_CEILING = 0.9;
const THREADS_GAIN = 1.7;
const ENOUGH_MULTIPLY_ADDS = 150e6;

/** The fastest of our backends with so many threads: what a device chooses. */
export const fastestOfOurs = (times: readonly Times[], threads: number): Times | undefined =>
  times.filter((time) => time.threads === threads && OUR_SUBJECTS.includes(time.subject)).sort((a, b) => a.minMs - b.minMs)[0];

/** Bars of one network that these times can be held against. */
export function judge({ family }: BenchedNetwork, multiplyAdds: number, times: readonly Times[]): WebBar[] {
  const others = (subject: SubjectName, threads: number): Times | undefined =>
    times.find((time) => time.subject === subject && time.threads === threads);
  const ours = fastestOfOurs(times, 1);
  if (!ours) return [];
  const bars: WebBar[] = [];
  const compare = (a: Times | undefined, b: Times | undefined, bar: number, isCeiling: boolean): void => {
    if (!a || !b) return;
    const value = a.minMs / b.minMs;
    bars.push({
      ratio: `${nameOf(a)} / ${nameOf(b)}`,
      value,
      ...(a.processorMs && b.processorMs && { byProcessorTime: a.processorMs / b.processorMs }),
      bar,
      isCeiling,
      met: isCeiling ? value <= bar : value >= bar,
    });
  };
  compare(ours, others(CEILINGS[family].subject, 1), CEILINGS[family].most, true);
  for (const { subject, least } of FLOORS) compare(others(subject, 1), ours, least, false);
  for (const threads of new Set(times.map((time) => time.threads).filter((threads) => threads > 1))) {
    const several = fastestOfOurs(times, threads);
    compare(several, others('LiteRT int8', threads), THREADS_CEILING, true);
    if (multiplyAdds >= ENOUGH_MULTIPLY_ADDS) compare(ours, several, THREADS_GAIN, false);
  }
  return bars;
}

/** `LiteRT int8`, `LiteRT int8 (2 threads)`. */
export const nameOf = ({ subject, threads }: Pick<Times, 'subject' | 'threads'>): string =>
  threads === 1 ? subject : `${subject} (${threads} threads)`;
