/**
 * Requests and responses for handlers on the way of `POST /classify`: they have less than Express gives, so that these run with it and
 * without it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface PlainRequest extends IncomingMessage {
  /** Path, without the query. */
  path: string;
  /** Path of the router that runs, where it is not the root's. */
  baseUrl?: string;
  query: object;
  /** The route that answers; none where nothing was found yet. */
  route?: { path: string | string[] };
}

export interface PlainResponse extends ServerResponse {
  /** Values that handlers leave for one another. */
  locals: Record<string, unknown>;
}

export type PlainHandler = (request: PlainRequest, response: PlainResponse, next: (error?: unknown) => void) => unknown;

export function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) response.setHeader(name, headers[name]);
}

/** Sends a text of JSON, and ends the response. @param type - `application/json`, or one of its kin */
export function sendJson(response: ServerResponse, text: string, type = 'application/json'): void {
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
