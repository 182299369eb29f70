import { expect, it } from 'vitest';
import { askServer } from './ask-server.ts';

const predictions = [
  { label: 'a', index: 0, probability: 0.7 },
  { label: 'b', index: 1, probability: 0.3 },
];
const here = { model: 'm', version: '2', variant: 'integer', predictions } as const;
const picture = new Blob(['picture']);
const ask = (answer: () => Response | Promise<Response>) =>
  askServer(picture, { ...here, predictions: [...predictions] }, 'https://h/app/', async () => answer());
const json =
  (body: object, status = 200) =>
  () =>
    Response.json(body, { status });

it('asks the server of its own folder for every class of the same variant', async () => {
  const asked: [string, RequestInit | undefined][] = [];
  const answer = { version: '2', backend: 'wasm', predictions, timingMs: { total: 3 } };
  const given = await askServer(picture, { ...here, predictions: [...predictions] }, 'https://h/app/', async (url, init) => {
    asked.push([String(url), init]);
    return Response.json(answer);
  });
  expect(given).toEqual(answer);
  expect(asked[0][0]).toBe('https://h/app/classify?model=m&variant=integer&topK=2');
  expect(asked[0][1]).toMatchObject({ method: 'POST', body: picture });
});

it.each([
  ['there is no network', () => Promise.reject(new TypeError('Failed to fetch')), /could not be reached/],
  ['a static host knows no such path', () => new Response('<!doctype html>', { status: 404 }), /no server that classifies/],
  ['a static host refuses the method', () => new Response('', { status: 405 }), /no server that classifies/],
  ['a host answers everything with its page', () => new Response('<!doctype html>'), /no server that classifies/],
  ['a host answers with something else', json({ hello: 1 }), /no server that classifies/],
  [
    'the server is busy',
    json({ code: 'OVERLOADED', detail: 'All workers are busy.' }, 503),
    /The server is busy \(OVERLOADED: All workers/,
  ],
  ['the server lacks the model', json({ code: 'MODEL_UNKNOWN', detail: 'There is no model "m".' }, 404), /There is no such model/],
  ['the server has a newer model', json({ version: '3', predictions, timingMs: {} }), /another version of the model \(3\)/],
])('says why there is nothing to compare with: %s', async (_why, answer, words) => {
  await expect(ask(answer)).rejects.toThrow(words);
});
