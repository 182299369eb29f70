import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createFixturePackage, gradientImage } from '@sld-edge/runtime/testing';
import { writeFixtures, writeModelsFolder, type ModelsFolder } from './testing/models-folder.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
let folder: ModelsFolder;
let image: Buffer;

beforeAll(async () => {
  folder = await writeModelsFolder();
  image = await gradientImage().jpeg().toBuffer();
});
afterAll(() => folder.remove());

const LISTENING_FAILS =
  "import net from 'node:net'; net.Server.prototype.listen = () => { throw new TypeError('listen is not a function'); };";

let started: ChildProcess | undefined;
afterEach(() => void started?.kill('SIGKILL'));

interface Process {
  child: ChildProcess;
  records: Record<string, unknown>[];
  /** Settles when the record has been written. */
  event(name: string): Promise<Record<string, unknown>>;
  exitCode: Promise<number | null>;
}

function run(env: Record<string, string>): Process {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', MODELS_DIR: folder.dir, WORKERS: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started = child;
  const records: Record<string, unknown>[] = [];
  const waiting: [name: string, resolve: (record: Record<string, unknown>) => void][] = [];
  createInterface(child.stdout!).on('line', (line) => {
    const record = JSON.parse(line) as Record<string, unknown>;
    records.push(record);
    for (const [name, resolve] of waiting) if (name === record.event) resolve(record);
  });
  return {
    child,
    records,
    event: async (name) => records.find((record) => record.event === name) ?? new Promise((resolve) => waiting.push([name, resolve])),
    exitCode: once(child, 'exit').then(([code]) => code as number | null),
  };
}

/** A request that is with the server's handler and whose body has not been sent. */
async function beginUpload(port: unknown): Promise<http.ClientRequest> {
  const request = http.request({
    host: '127.0.0.1',
    port: Number(port),
    method: 'POST',
    path: '/classify',
    headers: { 'content-type': 'image/jpeg', 'content-length': image.length, expect: '100-continue' },
  });
  request.flushHeaders();
  await once(request, 'continue');
  return request;
}

it('finishes what is under way on SIGTERM, accepts nothing new, and exits with 0', async () => {
  const server = run({});
  const { port } = await server.event('listening');
  await server.event('ready');
  const request = await beginUpload(port);
  server.child.kill('SIGTERM');
  await server.event('draining');
  await expect(fetch(`http://127.0.0.1:${port as number}/healthz`)).rejects.toThrow();

  request.end(image);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  let text = '';
  for await (const chunk of response) text += chunk;
  expect(response.statusCode).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ model: 'shapes', backend: 'tfjs-wasm' });
  expect(await server.exitCode).toBe(0);
  expect(server.records.at(-1)).toMatchObject({ event: 'stopped', finished: true });
});

it('cuts off what takes longer than the drain time, and exits with 1', async () => {
  const server = run({ DRAIN_TIMEOUT_MS: '50' });
  const { port } = await server.event('listening');
  await server.event('ready');
  const request = await beginUpload(port);
  const failed = once(request, 'error');
  server.child.kill('SIGTERM');
  await failed;
  expect(await server.exitCode).toBe(1);
  expect(server.records.at(-1)).toMatchObject({ event: 'stopped', finished: false });
});

it('answers on when whoever read its log has gone away', async () => {
  const server = run({});
  const { port } = await server.event('listening');
  await server.event('ready');
  server.child.stdout!.destroy();
  server.child.stderr!.destroy();
  // The first record after the pipe was closed is the one that fails.
  for (let i = 0; i < 3; i++) expect((await fetch(`http://127.0.0.1:${port as number}/healthz`)).status).toBe(200);
  server.child.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
});

it('loads a changed index by itself, and again at SIGHUP, and answers meanwhile', async () => {
  const [first, second] = await Promise.all([{ version: '111111111111' }, { version: '222222222222' }].map(createFixturePackage));
  const changing = writeFixtures([first]);
  onTestFinished(changing.remove);
  const server = run({ MODELS_DIR: changing.dir });
  const { port } = await server.event('listening');
  await server.event('ready');
  writeFixtures([second], changing.dir);
  expect(await server.event('reloaded')).toMatchObject({ cause: 'index', result: 'loaded', models: ['shapes@222222222222'] });
  const headers = { 'content-type': 'image/jpeg' };
  const answer = await fetch(`http://127.0.0.1:${port as number}/classify`, { method: 'POST', body: new Uint8Array(image), headers });
  expect(await answer.json()).toMatchObject({ version: '222222222222' });
  server.records.length = 0;
  server.child.kill('SIGHUP');
  expect(await server.event('reloaded')).toMatchObject({ cause: 'SIGHUP', result: 'unchanged' });
  server.child.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
});

it('makes a key, and says what it needs for that', () => {
  const file = path.join(folder.dir, 'keys.txt');
  const type = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { encoding: 'utf8' });
  expect(type('new-key', 'camera', file)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^sldk_[\w-]{43}\n$/) as unknown });
  expect(type('new-key', 'camera', file)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has a key "camera" already') as unknown,
  });
  expect(type('new-key').stderr).toBe('sld-edge server: new-key: expected a name and a file, as in new-key camera keys.txt\n');
});

it('stops while the models are still loading', async () => {
  const server = run({});
  await server.event('listening');
  server.child.kill('SIGTERM');
  expect(await server.exitCode).toBe(0);
});

it.each<[what: string, env: Record<string, string>, line: RegExp]>([
  ['the configuration', { PORT: 'http' }, /^PORT: expected an integer in \[0, 65535\], got "http"$/],
  ['an address that is another machine’s', { HOST: '192.0.2.1' }, /^HOST: listen EADDRNOTAVAIL.*; choose an address of this machine$/],
  [
    'what nobody foresaw',
    // Listening fails as nothing that the operating system says.
    { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LISTENING_FAILS)}` },
    /^INTERNAL: Something failed that was not foreseen; try again, and report it where it fails again\. The log has its stack\.$/,
  ],
])('says in one line what is wrong with %s, and exits with 1', async (_what, env, line) => {
  const server = run(env);
  let text = '';
  server.child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  expect(await server.exitCode).toBe(1);
  expect(text.trimEnd().split('\n')).toEqual([expect.stringMatching(/^sld-edge server: /)]);
  expect(text.trimEnd().replace(/^sld-edge server: /, '')).toMatch(line);
});
