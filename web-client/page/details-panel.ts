import type { ClassifierReport } from '@sld-edge/runtime';
import type { OfflineView } from '../offline/registration.ts';
import { byId, element } from './element.ts';
import { formatBytes, formatMs } from './format.ts';
import { offlineWords } from './offline-badge.ts';
import { backendName } from './result-view.ts';

/** Classes that are named; of more their number is told. */
const MOST_CLASSES = 100;

/** Shows how the answers come about, for those who want to know. */
export async function showDetails(status: ClassifierReport | null, offline: OfflineView): Promise<void> {
  const storage = await describeStorage();
  const rows: [string, string | Node][] = [
    ...(status ? engineRows(status) : []),
    ['Offline', offlineWords(offline).long],
    ['Storage', storage],
  ];
  byId('details')
    .querySelector('dl')!
    .replaceChildren(...rows.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

function engineRows(status: ClassifierReport): [string, string | Node][] {
  return [
    ['Model', `${status.title} (${status.model}@${status.version}, ${status.variant})`],
    ['Classes', classesText(status.labels)],
    ['Backend in use', status.backendDescription],
    ['Backends not used', rejections(status)],
    ['GPU adapter', status.adapter ?? 'none'],
    [
      'Golden outputs',
      status.variant === 'integer'
        ? 'reproduced, every integer equal'
        : `reproduced, largest difference of a logit ${status.goldenError.toExponential(1)}`,
    ],
    ['Threads', `${status.threads}; cross-origin isolated: ${status.crossOriginIsolated ? 'yes' : 'no'}`],
    ['Ready after', formatMs(status.startMs)],
    ['Pixels read from images', status.canvasNoise ? 'altered by this browser' : 'exact'],
  ];
}

function classesText(labels: readonly string[]): string {
  const more = labels.length - MOST_CLASSES;
  return more > 0 ? `${labels.slice(0, MOST_CLASSES).join(', ')} and ${more.toLocaleString('en')} more` : labels.join(', ');
}

function rejections({ rejected }: ClassifierReport): Node | string {
  if (rejected.length === 0) return 'none: the first one tried works';
  const items = rejected.map(({ backend, reason }) => element('li', {}, `${backendName(backend)}: ${reason}`));
  return element('ul', {}, ...items);
}

async function describeStorage(): Promise<string> {
  let told: [StorageEstimate, boolean];
  try {
    const storage = navigator.storage as StorageManager | undefined;
    if (!storage?.estimate) return 'this browser does not tell';
    told = await Promise.all([storage.estimate(), storage.persisted()]);
  } catch {
    return 'this browser refuses to tell';
  }
  const [{ usage = 0, quota = 0 }, persisted] = told;
  const kept = persisted ? 'kept until you remove it' : 'the browser may remove it when room is short';
  return `${formatBytes(usage)} used of ${formatBytes(quota)}; ${kept}`;
}
