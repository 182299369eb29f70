import type { ClassifyResult, Prediction } from '@sld-edge/runtime';
import { element } from './element.ts';
import { formatMs, formatPercent } from './format.ts';
import { ANSWER_TEXT as text, BACKEND_TEXT } from './strings.ts';

const SHOWN = 5;

export function backendName(backend: string): string {
  return BACKEND_TEXT[backend] ?? backend;
}

/** @returns the answer: the likeliest class, the bar chart, and what it took. */
export function resultView(result: ClassifyResult): HTMLElement {
  const [best] = result.predictions;
  return element(
    'div',
    { class: 'result', 'data-backend': result.backend },
    element(
      'p',
      { class: 'headline' },
      element('strong', { dir: 'auto' }, best.label),
      element('span', {}, formatPercent(best.probability)),
    ),
    result.abstained ? element('p', { class: 'unsure' }, text.unsure) : null,
    barChart(result.predictions.slice(0, SHOWN)),
    facts(result),
  );
}

/** @returns one sentence with the same content as the chart, to be spoken. */
export function spokenResult(result: ClassifyResult): string {
  const [best, ...others] = result.predictions.slice(0, SHOWN);
  const unsure = result.abstained ? text.spokenUnsure : '';
  const rest = others.map(({ label, probability }) => `${label} ${formatPercent(probability)}`).join(', ');
  return `${best.label}, ${formatPercent(best.probability)}.${unsure}${rest ? text.spokenRest(rest) : ''}`;
}

/** A list whose text says everything; the bars are drawn beside it. */
function barChart(predictions: Prediction[]): HTMLElement {
  return element(
    'ol',
    { class: 'chart', 'aria-label': text.chart },
    ...predictions.map(({ label, probability }) => {
      const bar = element('span', { class: 'bar' });
      bar.style.width = `${Math.max(probability * 100, 0.4)}%`;
      return element(
        'li',
        {},
        element('span', { class: 'chart-label', dir: 'auto' }, label),
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
    fact(text.time, formatMs(decode + preprocess + inference), [
      text.decode(formatMs(decode)),
      text.prepare(formatMs(preprocess)),
      text.infer(formatMs(inference)),
    ]),
    fact(text.computedBy, backendName(backend), [text.onThisDevice]),
    fact(text.model, model, [text.version(version), variant]),
  );
}

function fact(name: string, value: string, more: string[]): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, value, ...more.map((text) => element('small', {}, text))));
}
