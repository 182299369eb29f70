import { isGraphVariant, type BackendName } from '@sld-edge/runtime';
import type { ClassifierReport, PageBackendName } from '@sld-edge/runtime';
import type { OfflineView } from '../../offline/registration.ts';
import { adoptStyles, element } from '../element.ts';
import { formatMs } from '../format.ts';
import { backendName } from '../result-view.ts';
import { DEVICE_TEXT as text } from '../panel-strings.ts';
import { browserFacts, engineFacts, memoryText, faultReport, type Fact } from './device-facts.ts';
import styles from './device-panel.css?inline';
import { measureBackend, type MeasuredSpeed } from './measure-backend.ts';
import { openMeasurable } from './open-measurable.ts';

adoptStyles(styles);

/** Services of the page for what is told of the device. */
export interface DeviceHost {
  /** Element that the panel is put into. */
  root: HTMLElement;
  /** Folder of the page, with a trailing slash. */
  folder: string;
  build: string;
  state(): { engine: ClassifierReport | null; offline: OfflineView };
}

/** Panel that tells of the device. */
export interface DevicePanel {
  /** Tells anew what may have changed. */
  update(): Promise<void>;
}

const INTEGER_BACKENDS: readonly PageBackendName[] = ['wasm', 'wasm-relaxed', 'wasm-scalar', 'webgpu', 'interpreter'];
const GRAPH_BACKENDS: readonly PageBackendName[] = ['tfjs-wasm', 'tfjs-webgpu'];

export function createDevicePanel({ root, folder, build, state }: DeviceHost): DevicePanel {
  const list = element('dl', {});
  const plot = createPlot(state, folder);
  const copy = element('button', { type: 'button', class: 'quiet' }, text.copyReport);
  const written = element('textarea', { readonly: true, rows: '10', 'aria-label': text.report, dir: 'ltr' });
  const outcome = element('p', { class: 'hint', role: 'status' });
  root.replaceChildren(
    list,
    plot.root,
    element('h3', {}, text.report),
    element('p', { class: 'hint' }, text.reportHint),
    written,
    element('div', { class: 'action-buttons' }, copy),
    outcome,
  );
  let memory: string = text.measuringMemory;
  let facts: Fact[] = [];
  const update = async (): Promise<void> => {
    const { engine, offline } = state();
    facts = [...engineFacts(engine), ...(await browserFacts(offline)), [text.memory, memory]];
    list.replaceChildren(...facts.flatMap(([name, told]) => [element('dt', {}, name), element('dd', {}, shown(told))]));
    written.value = faultReport([...facts, ...plot.facts()], build, navigator.userAgent, location.href);
  };
  plot.onMeasured(() => void update());
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(written.value).then(
      () => (outcome.textContent = text.copied),
      () => {
        outcome.textContent = text.copyRefused;
        written.select();
      },
    );
  });
  void memoryText().then((told) => {
    memory = told;
    void update();
  });
  return { update };
}

const shown = (told: string | string[]): string | Node =>
  Array.isArray(told) ? element('ul', {}, ...told.map((one) => element('li', {}, one))) : told;

/** Bars of the time that each backend takes, measured when it is asked for. */
function createPlot(state: DeviceHost['state'], folder: string) {
  const speeds = new Map<PageBackendName, MeasuredSpeed>();
  const measure = element('button', { type: 'button', class: 'quiet' }, text.measure);
  const stop = element('button', { type: 'button', class: 'quiet', hidden: true }, text.stopMeasuring);
  const status = element('p', { class: 'hint', role: 'status' });
  const bars = element('ul', { class: 'speeds', 'aria-label': text.speed });
  let stopping = new AbortController();
  let tell = (): void => undefined;
  const draw = (): void => bars.replaceChildren(...speedRows(speeds, state().engine?.backend));

  const measureAll = async (): Promise<void> => {
    const { engine } = state();
    if (!engine) return;
    speeds.clear();
    draw();
    for (const backend of isGraphVariant(engine.variant) ? GRAPH_BACKENDS : INTEGER_BACKENDS) {
      status.textContent = text.measuring(backendName(backend));
      speeds.set(backend, await measureBackend((signal) => openMeasurable(engine, folder, backend, signal), stopping.signal));
      draw();
    }
  };
  measure.addEventListener('click', () => {
    stopping = new AbortController();
    measure.hidden = true;
    stop.hidden = false;
    stop.focus();
    measureAll()
      .then(
        () => (status.textContent = text.measured),
        () => (status.textContent = text.measuringStopped),
      )
      .finally(() => {
        const hadFocus = document.activeElement === stop;
        measure.textContent = text.measureAgain;
        measure.hidden = false;
        stop.hidden = true;
        if (hadFocus) measure.focus();
        tell();
      });
  });
  stop.addEventListener('click', () => stopping.abort());
  return {
    root: element(
      'div',
      { class: 'speed' },
      element('h3', {}, text.speed),
      element('p', { class: 'hint' }, text.speedHint),
      element('div', { class: 'action-buttons' }, measure, stop),
      status,
      bars,
    ),
    onMeasured: (listener: () => void) => void (tell = listener),
    facts: (): Fact[] => {
      const told = [...speeds].map(([backend, speed]) => `${backendName(backend)}: ${speedText(speed)}`);
      return told.length === 0 ? [] : [[text.speed, told]];
    },
  };
}

const speedText = (speed: MeasuredSpeed): string => ('reason' in speed ? speed.reason : text.runs(formatMs(speed.medianMs), speed.runs));

function speedRows(speeds: ReadonlyMap<PageBackendName, MeasuredSpeed>, inUse: BackendName | undefined): HTMLElement[] {
  const longest = Math.max(...[...speeds.values()].map((speed) => ('reason' in speed ? 0 : speed.medianMs)));
  return [...speeds].map(([backend, speed]) => {
    const bar = element('span', { class: 'bar' });
    if (!('reason' in speed)) bar.style.width = `${Math.max(0.5, (100 * speed.medianMs) / longest)}%`;
    return element(
      'li',
      { class: backend === inUse ? 'in-use' : '' },
      element('span', { class: 'speed-name' }, backendName(backend), backend === inUse ? element('em', {}, text.answers) : null),
      element('span', { class: 'speed-value' }, speedText(speed)),
      'reason' in speed ? null : element('span', { class: 'track', 'aria-hidden': 'true' }, bar),
    );
  });
}
