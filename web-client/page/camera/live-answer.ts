import type { Prediction } from '@sld-edge/runtime';
import { element } from '../element.ts';
import { formatPercent } from '../format.ts';
import { ANSWER_TEXT as text } from '../strings.ts';

const SHOWN = 5;

/** Answer whose words and bars change in place, many times a second. */
export interface LiveAnswer {
  root: HTMLElement;
  /** @param unsure null where the model has no threshold: then it never says so */
  show(predictions: readonly Prediction[], unsure: boolean | null): void;
}

export function createLiveAnswer(): LiveAnswer {
  const label = element('strong', { dir: 'auto' });
  const percent = element('span', {});
  const guess = element('p', { class: 'unsure' }, text.unsure);
  const rows: { item: HTMLElement; name: HTMLElement; value: HTMLElement; bar: HTMLElement }[] = [];
  const chart = element('ol', { class: 'chart', 'aria-label': text.chart });
  const addRow = (): (typeof rows)[number] => {
    const [name, value, bar] = ['chart-label', 'chart-value', 'bar'].map((kind) => element('span', { class: kind, dir: 'auto' }));
    const item = element('li', {}, name, value, element('span', { class: 'track', 'aria-hidden': 'true' }, bar));
    chart.append(item);
    rows.push({ item, name, value, bar });
    return rows.at(-1)!;
  };
  return {
    root: element('div', { class: 'result live' }, element('p', { class: 'headline' }, label, percent), guess, chart),
    show(predictions, unsure) {
      const [best] = predictions;
      label.textContent = best.label;
      percent.textContent = formatPercent(best.probability);
      guess.hidden = unsure === null;
      // Its room is kept, so that the chart does not jump.
      guess.classList.toggle('kept', !unsure);
      guess.setAttribute('aria-hidden', String(!unsure));
      for (const [place, prediction] of predictions.slice(0, SHOWN).entries()) {
        const { name, value, bar } = rows[place] ?? addRow();
        name.textContent = prediction.label;
        value.textContent = formatPercent(prediction.probability);
        bar.style.width = `${Math.max(prediction.probability * 100, 0.4)}%`;
      }
    },
  };
}
