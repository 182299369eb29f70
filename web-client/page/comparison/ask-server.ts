import { type ErrorCode, type Prediction, ERROR_CATALOGUE } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime';
import { wordsFor } from '../error-words.ts';
import { COMPARISON_TEXT as text } from '../panel-strings.ts';

/** The server's answer, as far as it is compared. */
export interface ServerAnswer {
  version: string;
  backend: string;
  predictions: Prediction[];
  timingMs: { total: number };
}

/** Reason why there is nothing to compare with, in words for people. */
export class NoAnswerError extends Error {}

/** Most classes that a server gives of an answer. */
const MOST_CLASSES = 1000;
/** An upload over a slow connection takes its time; one that takes longer than this has stopped. */
const TIMEOUT_MS = 60_000;

/**
 * Sends a picture to the server of this page: only ever when a person asked for it.
 *
 * @param folder of the page, with a trailing slash
 * @throws NoAnswerError
 */
export async function askServer(
  picture: Blob,
  { model, version, variant, predictions }: Pick<ClassifyResult, 'model' | 'version' | 'variant' | 'predictions'>,
  folder: string,
  request: typeof fetch = fetch,
): Promise<ServerAnswer> {
  const url = new URL('classify', folder);
  url.search = new URLSearchParams({ model, variant, topK: String(Math.min(predictions.length, MOST_CLASSES)) }).toString();
  let response: Response;
  try {
    const headers = { 'content-type': 'application/octet-stream' };
    response = await request(url, { method: 'POST', body: picture, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new NoAnswerError(text.offline);
  }
  const document = await readJson(response);
  if (!response.ok) throw new NoAnswerError(refusal(document));
  if (!isAnswer(document)) throw new NoAnswerError(text.noServer);
  if (document.version !== version) throw new NoAnswerError(text.otherVersion(document.version));
  return document;
}

/** A host of plain files answers with pages of its own. */
async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const document: unknown = await response.json();
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function refusal({ code, detail }: Record<string, unknown>): string {
  if (typeof code !== 'string' || !Object.hasOwn(ERROR_CATALOGUE, code)) return text.noServer;
  return text.refused(`${wordsFor(code as ErrorCode, '').title} (${code}: ${String(detail)})`);
}

const isAnswer = (document: object): document is ServerAnswer =>
  'predictions' in document && 'version' in document && 'timingMs' in document;
