/** Times runtimes by turns in one page, each in its own frame, so that a machine that slows down for a while slows all of them. */
import type { Frame, Page } from 'playwright';
import { quartiles } from '../training/statistics.ts';
import type { SubjectName } from './frame/subjects.ts';
import { pageProcessorTime } from './processor-time.ts';

export interface Contestant {
  subject: SubjectName;
  threads: number;
}

export interface ContestantTimes extends Contestant {
  /** Milliseconds an image. */
  minMs: number;
  medianMs: number;
  /** Milliseconds of processor time an image, all threads, the median of the turns; absent where the system does not say. */
  processorMs?: number;
  images: number;
  logits: number[];
}

/** Compilers of WebAssembly replace their quick code by fast code while it runs. */
const WARM_UP_MS = 2000;
const WARM_UP_IMAGES = 30;
/** Length of a turn: long against the switch of frames, short against the machine's moods. */
const TURN_MS = 25;
const MOST_IMAGES = 40;

/**
 * @param pageUrl of the folder of `frame.html` @param folder URL of the network's models
 * @param onTurn told after each turn
 */
export async function timeByTurns(
  page: Page,
  pageUrl: string,
  folder: string,
  contestants: readonly Contestant[],
  turns: number,
  onTurn: (turn: number) => void,
): Promise<ContestantTimes[]> {
  await page.goto(`${pageUrl}index.html`);
  const opened: { frame: Frame; perTurn: number; contestant: Contestant; logits: number[]; times: number[]; processor: number[] }[] = [];
  for (const [i, contestant] of contestants.entries()) {
    const frame = await addFrame(page, `${pageUrl}frame.html`, `frame${i}`);
    const { subject, threads } = contestant;
    const logits = await frame
      .evaluate(([subject, folder, threads]) => window.timed.open(subject, folder, threads), [subject, folder, threads] as const)
      .catch((error: unknown) => {
        throw new Error(`${subject}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`, { cause: error });
      });
    opened.push({ frame, perTurn: 1, contestant, logits, times: [], processor: [] });
  }
  for (const entry of opened) {
    const started = performance.now();
    let images = 0;
    for (let count = 1; images < WARM_UP_IMAGES && performance.now() - started < WARM_UP_MS; count *= 2) {
      const times = await timeImages(entry.frame, count);
      images += count;
      entry.perTurn = Math.max(1, Math.min(MOST_IMAGES, Math.floor(TURN_MS / Math.min(...times))));
    }
  }
  const processorTime = await pageProcessorTime(page.context().browser()!);
  for (let turn = 0; turn < turns; turn++) {
    for (const { frame, perTurn, times, processor } of opened) {
      const before = processorTime?.();
      times.push(...(await timeImages(frame, perTurn)));
      if (before !== undefined) processor.push((processorTime!() - before) / perTurn);
    }
    onTurn(turn + 1);
  }
  return opened.map(({ contestant, logits, times, processor }) => ({
    ...contestant,
    minMs: Math.min(...times),
    medianMs: quartiles(times).median,
    ...(processor.length > 0 && { processorMs: quartiles(processor).median }),
    images: times.length,
    logits,
  }));
}

const timeImages = (frame: Frame, images: number): Promise<number[]> => frame.evaluate((count) => window.timed.time(count), images);

async function addFrame(page: Page, url: string, name: string): Promise<Frame> {
  await page.evaluate(
    ([url, name]) =>
      new Promise<void>((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { src: url, name });
        frame.addEventListener('load', () => resolve());
        document.body.append(frame);
      }),
    [url, name] as const,
  );
  return page.frame({ name })!;
}
