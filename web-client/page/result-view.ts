import type { Prediction } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime/browser';
import { element } from './element.ts';
import { formatMs, formatPercent } from './format.ts';

const SHOWN = 5;

const BACKEND_NAMES: Record<string, string> = {
  'tfjs-wasm': 'WebAssembly',
  'tfjs-webgpu': 'WebGPU',
  interpreter: 'integer interpreter',
  wasm: 'WebAssembly, integers',
  'wasm-relaxed': 'WebAssembly, integers, relaxed SIMD',
  'wasm-scalar': 'WebAssembly, integers, without SIMD',
  webgpu: 'WebGPU, integers',
};

export function backendName(backend: string): string {
  return BACKEND_NAMES[backend] ?? backend;
}

/** @returns the answer: the likeliest class, the bar chart, and what it took. */
export function resultView(result: ClassifyResult): HTMLElement {
  const [best] = result.predictions;
  return element(
    'div',
    { class: 'result', 'data-backend': result.backend },
    element('p', { class: 'headline' }, element('strong', {}, best.label), element('span', {}, formatPercent(best.probability))),
    result.abstained ? element('p', { class: 'unsure' }, 'The model is not sure: take this as a guess.') : null,
    barChart(result.predictions.slice(0, SHOWN)),
    facts(result),
  );
}

/** @returns one sentence with the same content as the chart, to be spoken. */
export function spokenResult(result: ClassifyResult): string {
  const [best, ...others] = result.predictions.slice(0, SHOWN);
  const unsure = result.abstained ? ' The model is not sure.' : '';
  const rest = others.map(({ label, probability }) => `${label} ${formatPercent(probability)}`).join(', ');
  return `${best.label}, ${formatPercent(best.probability)}.${unsure}${rest ? ` Then ${rest}.` : ''}`;
}

/** A list whose text says everything; the bars are drawn beside it. */
function barChart(predictions: Prediction[]): HTMLElement {
  return element(
    'ol',
    { class: 'chart', 'aria-label': 'The likeliest classes' },
    ...predictions.map(({ label, probability }) => {
      const bar = element('span', { class: 'bar' });
      bar.style.width = `${Math.max(probability * 100, 0.4)}%`;
      return element(
        'li',
        {},
        element('span', { class: 'chart-label' }, label),
        element('span', { class: 'chart-value' }, formatPercent(probability)),
        element('span', { class: 'track', 'aria-hidden': 'true' }, bar),
      );
    }),
  );
}

function facts({ timingMs, backend, model, version, variant }: ClassifyResult): HTMLElement {
  const { decode, preprocess, inference } = timingMs;
  return element(
    'dl',
    { class: 'facts' },
    fact('Time', formatMs(decode + preprocess + inference), [
      `decode ${formatMs(decode)}`,
      `prepare ${formatMs(preprocess)}`,
      `infer ${formatMs(inference)}`,
    ]),
    fact('Computed by', backendName(backend), ['on this device']),
    fact('Model', model, [`version ${version}`, variant]),
  );
}

function fact(name: string, value: string, more: string[]): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value, ...more.map((text) => element('small', {}, text))));
}
