import { expect, it } from 'vitest';
import { AppError } from '../errors/catalogue.ts';
import { connect } from './connection.ts';
import type { InferenceThread } from './inference-thread.ts';
import type { Sendable } from './inputs.ts';
import type { InferenceMessage, InferenceRequest } from './protocol.ts';

const picture: Sendable = { payload: { kind: 'file', bytes: new Uint8Array(3) }, transfer: [] };

/** A worker that does with a request what the test says. */
function workerThat(receive: (message: InferenceRequest, answer: (message: InferenceMessage) => void, worker: EventTarget) => void) {
  const worker = new EventTarget();
  const answer = (data: InferenceMessage) => void worker.dispatchEvent(new MessageEvent('message', { data }));
  return Object.assign(worker, {
    postMessage: (message: InferenceRequest) => receive(message, answer, worker),
  }) as unknown as InferenceThread;
}

const failing = (type: string, message = '') => Object.assign(new Event(type), { message });
const connectTo = (worker: InferenceThread) => connect(() => worker);

it('rejects with the error of the catalogue that the worker met', async () => {
  const error = { code: 'IMAGE_TOO_LARGE', details: { maxBytes: 5 } } as const;
  const { classify } = connectTo(workerThat(({ id }, answer) => answer({ type: 'error', id, error })));
  const rejection = await classify(picture).catch((thrown: unknown) => thrown);
  expect(rejection).toBeInstanceOf(AppError);
  expect(rejection).toMatchObject({ code: 'IMAGE_TOO_LARGE', message: 'The image is larger than 5 bytes.' });
});

it.each<[what: string, thrown: unknown, code: string]>([
  ['too little memory for the message', new DOMException('Data cannot be cloned, out of memory.', 'DataCloneError'), 'MEMORY_EXHAUSTED'],
  ['bytes that were given away', new DOMException('An ArrayBuffer is detached and could not be cloned.', 'DataCloneError'), 'INTERNAL'],
])('maps what the browser throws at sending to a code: %s', async (_what, thrown, code) => {
  const { decode } = connectTo(
    workerThat(() => {
      throw thrown;
    }),
  );
  await expect(decode(picture)).rejects.toMatchObject({ name: 'AppError', code, cause: thrown });
});

it('rejects what waits, and all that comes after, where the script of the worker cannot be loaded', async () => {
  const { classify, decode } = connectTo(workerThat((_message, _answer, worker) => worker.dispatchEvent(failing('error'))));
  const expected = {
    code: 'PROGRAM_FILE_MISSING',
    message: 'The program\'s own file "inference worker" cannot be loaded: it is missing or damaged, or the network failed.',
  };
  await expect(classify(picture)).rejects.toMatchObject(expected);
  await expect(decode(picture)).rejects.toMatchObject(expected);
});

it('rejects what waits where the worker throws past its own boundary, and goes on', async () => {
  let calls = 0;
  const worker = workerThat(({ id }, answer) => {
    calls++;
    if (calls !== 2) answer({ type: 'error', id, error: { code: 'IMAGE_MISSING', details: {} } });
  });
  const { decode } = connectTo(worker);
  await expect(decode(picture)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  const waiting = decode(picture);
  worker.dispatchEvent(failing('error', 'Uncaught TypeError: x is not a function'));
  await expect(waiting).rejects.toMatchObject({ code: 'INTERNAL', details: { reason: 'Uncaught TypeError: x is not a function' } });
  await expect(decode(picture)).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
});

it('rejects what waits where an answer cannot be read', async () => {
  const worker = workerThat(() => undefined);
  const waiting = connectTo(worker).classify(picture);
  worker.dispatchEvent(new Event('messageerror'));
  await expect(waiting).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('says so where the browser refuses workers', async () => {
  const { start } = connect(() => {
    throw new DOMException('The script cannot be accessed from origin null', 'SecurityError');
  });
  await expect(start({ address: 'https://h/', distrustedAdapters: [] })).rejects.toMatchObject({ code: 'PROGRAM_FILE_MISSING' });
});

it('tells that the script of the worker has not come, once, and goes on when it does', async () => {
  const late: string[] = [];
  const silent = workerThat(() => undefined);
  connect(() => silent, { onLate: ({ code, message }) => late.push(`${code} ${message}`) }, 20);
  const prompt = workerThat(() => undefined);
  connect(() => prompt, { onLate: () => late.push('prompt') }, 20);
  prompt.dispatchEvent(new MessageEvent('message', { data: { type: 'running' } }));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(late).toEqual(['PROGRAM_FILE_MISSING The program\'s own file "inference worker" cannot be loaded: it has not come for 0.02 s.']);
});

it('hands on what comes unasked', () => {
  const told: unknown[] = [];
  const worker = workerThat(() => undefined);
  connect(() => worker, { onProgress: ({ doneBytes }) => told.push(doneBytes), onNewest: (status) => told.push(status) });
  worker.dispatchEvent(new MessageEvent('message', { data: { type: 'downloading', doneBytes: 5, totalBytes: 9 } }));
  worker.dispatchEvent(new MessageEvent('message', { data: { type: 'newest', status: 'the newest' } }));
  expect(told).toEqual([5, 'the newest']);
});

it('says of a picture of another site that the page may not read it', async () => {
  const { classify } = connectTo(
    workerThat(() => {
      throw new DOMException('An ImageBitmap that is not origin-clean could not be cloned.', 'DataCloneError');
    }),
  );
  const drawn: Sendable = { payload: { kind: 'bitmap', bitmap: {} as ImageBitmap }, transfer: [] };
  await expect(classify(drawn)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', message: expect.stringContaining('CORS') as string });
});

it('rejects what waits, and all that comes after, once it was ended', async () => {
  let ended = 0;
  const worker = Object.assign(
    workerThat(() => undefined),
    { terminate: () => void ended++ },
  );
  const connection = connectTo(worker);
  const waiting = connection.classify(picture);
  connection.end();
  await expect(waiting).rejects.toMatchObject({ code: 'DISPOSED' });
  await expect(connection.decode(picture)).rejects.toMatchObject({ code: 'DISPOSED' });
  expect(ended).toBe(1);
});
