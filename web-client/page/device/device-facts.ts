import type { ClassifierReport } from '@sld-edge/runtime';
import type { OfflineView } from '../../offline/registration.ts';
import { formatBytes, formatMs } from '../format.ts';
import { offlineWords } from '../offline-badge.ts';
import { backendName } from '../result-view.ts';
import { DEVICE_TEXT as text } from '../panel-strings.ts';

/** A line about the device: its name, and one or several things to say. */
export type Fact = [name: string, told: string | string[]];

/** Classes that are named; of more their number is told. */
const MOST_CLASSES = 100;

/** Tells how the answers come about. @param status null until a model answers */
export function engineFacts(status: ClassifierReport | null): Fact[] {
  if (!status) return [];
  const { rejected, variant, goldenError } = status;
  return [
    [text.model, `${status.title} (${status.model}@${status.version}, ${variant})`],
    [text.classes, classesText(status.labels)],
    [text.inUse, status.backendDescription],
    [text.notUsed, rejected.length === 0 ? text.allUsed : rejected.map(({ backend, reason }) => `${backendName(backend)}: ${reason}`)],
    [text.adapter, status.adapter ?? text.none],
    [text.goldens, variant === 'integer' ? text.integersEqual : text.largestDifference(goldenError.toExponential(1))],
    [text.threads, text.isolated(status.threads, status.crossOriginIsolated)],
    [text.readyAfter, formatMs(status.startMs)],
    [text.pixels, status.canvasNoise ? text.altered : text.exact],
  ];
}

function classesText(labels: readonly string[]): string {
  const more = labels.length - MOST_CLASSES;
  return more > 0 ? text.moreClasses(labels.slice(0, MOST_CLASSES).join(', '), more) : labels.join(', ');
}

/** Tells what the browser says of the device; each of these it may refuse. */
export async function browserFacts(offline: OfflineView): Promise<Fact[]> {
  const { hardwareConcurrency, deviceMemory } = navigator as Navigator & { deviceMemory?: number };
  return [
    [text.offline, offlineWords(offline).long],
    [text.storage, await storageText()],
    [text.hardware, hardwareConcurrency ? text.cores(hardwareConcurrency, deviceMemory) : text.doesNotTell],
  ];
}

async function storageText(): Promise<string> {
  try {
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage?.estimate) return text.doesNotTell;
    const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
    return text.used(formatBytes(usage), formatBytes(quota), persisted ? text.persisted : text.evictable);
  } catch {
    return text.refusesToTell;
  }
}

/** Tells the memory of the page and its workers; the browser looks at it at its leisure, which takes seconds. */
export async function memoryText(): Promise<string> {
  const { measureUserAgentSpecificMemory } = performance as Performance & {
    measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }>;
  };
  if (!measureUserAgentSpecificMemory) return text.doesNotTell;
  try {
    return text.memoryUsed(formatBytes((await measureUserAgentSpecificMemory.call(performance)).bytes));
  } catch {
    return text.refusesToTell;
  }
}

/** Writes facts for a bug report, and nothing else: no picture, no name of a file. */
export function faultReport(facts: readonly Fact[], build: string, agent: string, address: string): string {
  const lines = facts.flatMap(([name, told]) =>
    Array.isArray(told) ? [`${name}:`, ...told.map((one) => `  - ${one}`)] : [`${name}: ${told}`],
  );
  return [`Page: ${address} (${build})`, `Browser: ${agent}`, ...lines].join('\n');
}
