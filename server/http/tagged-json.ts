import { createHash } from 'node:crypto';
import type { Response } from 'express';

interface Tagged {
  body: Buffer;
  etag: string;
}

/** Sends JSON that is computed of an object, once for each object, with its SHA-256 as the ETag: to be asked for again each time. */
export function createTaggedJson<Source extends object>(make: (source: Source) => object): (source: Source, response: Response) => void {
  const made = new WeakMap<Source, Tagged>();
  const tag = (source: Source): Tagged => {
    const body = Buffer.from(JSON.stringify(make(source)));
    const tagged = { body, etag: `"${createHash('sha256').update(body).digest('hex')}"` };
    made.set(source, tagged);
    return tagged;
  };
  return (source, response) => {
    const { body, etag } = made.get(source) ?? tag(source);
    response.set({ 'Cache-Control': 'no-cache', ETag: etag }).type('json').send(body);
  };
}
