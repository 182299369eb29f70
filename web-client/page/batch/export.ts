import { KEPT_CLASSES, type BatchRecord } from './records.ts';

/** Model that answered, for whoever reads an export later. */
export interface ExportSource {
  model: string;
  version: string;
  variant: string;
  backend: string;
}

/** @returns a JSON document with every digit of every probability */
export function toJson(source: ExportSource, records: readonly BatchRecord[]): string {
  const pictures = records.map(({ path, predictions, abstained, error }) =>
    error ? { file: path, error: { code: error.code, message: error.message } } : { file: path, abstained, predictions },
  );
  return `${JSON.stringify({ ...source, pictures }, null, 1)}\n`;
}

/** @returns a table (RFC 4180): a line a picture, with its likeliest classes side by side */
export function toCsv(records: readonly BatchRecord[]): string {
  const places = Array.from({ length: KEPT_CLASSES }, (_, i) => i + 1);
  const header = ['file', 'error', 'not_sure', ...places.flatMap((place) => [`label_${place}`, `probability_${place}`])];
  const lines = records.map(({ path, predictions, abstained, error }) => [
    path,
    error?.code ?? '',
    error ? '' : String(abstained),
    ...places.flatMap((place) => {
      const prediction = predictions.at(place - 1);
      return prediction ? [prediction.label, String(prediction.probability)] : ['', ''];
    }),
  ]);
  return [header, ...lines].map((fields) => `${fields.map(field).join(',')}\r\n`).join('');
}

/** Text at which spreadsheets would begin to compute gets an apostrophe before it: file names come from strangers. */
function field(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
