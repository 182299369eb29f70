import type { ClassifyResult } from '@sld-edge/runtime';
import { formatPercent } from '../format.ts';
import { SHARE_TEXT as text } from '../panel-strings.ts';

const SHOWN = 5;

export type SharedAnswer = Pick<ClassifyResult, 'predictions' | 'abstained' | 'model' | 'version' | 'variant' | 'backend'>;

/**
 * Writes an answer as lines of text.
 *
 * @param address of the page, without what may lie behind `#`
 */
export function answerText({ predictions, abstained, model, version, variant, backend }: SharedAnswer, address: string): string {
  const lines = predictions.slice(0, SHOWN).map(({ label, probability }) => `${label}: ${formatPercent(probability)}`);
  return [...lines, ...(abstained ? [text.unsure] : []), text.text(model, version, variant, backend), address.replace(/#.*$/, '')].join(
    '\n',
  );
}
