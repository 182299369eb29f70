/** `npm run quantize`: a model in fewer bytes or in integer arithmetic alone, measured beside float32; with `--train` it learns on with its rounding first. */
import type { Line } from '../configuration/command-line.ts';
import { refuseTracked } from '../support/tracked-files.ts';
import { toIntegers } from './quantize/integer.ts';
import { toMix } from './quantize/mixed.ts';
import { quantizeSettings } from './quantize/settings.ts';
import { trainQuantized } from './quantize/train.ts';

export const summary =
  'Stores a model in fewer bytes layer by layer (--to mixed) or brings it to integer arithmetic alone (--to integer), and measures it beside float32. With --train the model first learns on with its weights and activations rounded. The gate (--max-drop) is the drop on validation images; test images are reported.';

export { quantizeSettings as settings };

export async function run(line: Line<typeof quantizeSettings>): Promise<object> {
  const { out, report, force } = line.values;
  for (const place of [out, report]) if (place !== undefined) refuseTracked(place, force);
  if (line.values.train) return trainQuantized(line);
  return line.values.to === 'integer' ? toIntegers(line) : toMix(line);
}
