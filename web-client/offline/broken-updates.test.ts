/**
 * Visits that break: every file of a first visit, of an update and of what the device keeps, with everything that can go wrong with it.
 * Each ends in a right answer or in an error of the catalogue, and the next load with a sound network is whole and ready.
 */
import { AppError, type ErrorCode } from '@sld-edge/runtime';
import { createFixturePackage, type FixturePackage } from '@sld-edge/runtime/testing';
import { describe, expect, it } from 'vitest';
import { fetchPackage } from '@sld-edge/runtime/transfer';
import { INSTALLED_INDEX } from './messages.ts';
import { ERROR_WORDS } from '../page/error-words.ts';
import { brokenHost, FAULTS, type BrokenHost } from './broken-host.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { damage, memoryStores } from './memory-stores.ts';
import type { Activated, OfflineState } from './messages.ts';

const FOLDER = 'https://h/app/';
/** In place of 10 s, where something hangs; elsewhere nothing may be taken for it on a busy machine. */
const STALL_MS = { hanging: 60, sound: 30_000 };
const stallMsOf = ({ faults }: BrokenHost): number =>
  [...faults.values()].some((fault) => fault.startsWith('hang')) ? STALL_MS.hanging : STALL_MS.sound;

const old = await createFixturePackage({ everyKind: true });
const next = await createFixturePackage({ everyKind: true, version: 'ba9876543210', weightsPhase: 0.25 });

/** Files of a package that a page of the default variant fetches, and those that its service worker keeps beside. */
const used = ['manifest.json', 'tfjs/uint8/model.json', 'tfjs/uint8/weights-1of2.bin', 'goldens/goldens.json', 'goldens/logits-uint8.bin'];
const kept = [...used, 'samples/00-circle.png'];
const inPackage = (pkg: FixturePackage, path: string): string => `${FOLDER}models/${pkg.name}/${pkg.version}/${path}`;

interface Visit {
  /** Text of the page and of its worker's script, or why they did not come. */
  page: string;
  worker: string;
  /** Version that answers, or the code of the error that the page shows. */
  answer: string;
  /** Reason why it is not the newest. */
  staleReason?: string | null;
  /** Last word of the service worker. */
  offline?: OfflineState | Activated;
}

/** A browser's storage of one origin, and the service worker that is in charge. */
class Device {
  stores: CacheStorage = memoryStores();
  private controller: { build: string; keeper: Keeper } | undefined;
  private host!: BrokenHost;
  private heard: (OfflineState | Activated)[] = [];

  /** Opens the page: its files, its package, then what the service worker is asked to keep. */
  async visit(host: BrokenHost): Promise<Visit> {
    this.host = host;
    this.heard = [];
    const keeper = this.controller?.keeper;
    const request: typeof fetch = async (input, init) => {
      const asked = new Request(input as string, { cache: init?.cache });
      return (await keeper?.answer(asked)) ?? host.request(input, init);
    };
    const textOf = (path: string): Promise<string> =>
      Promise.race([request(FOLDER + path).then((response) => response.text(), String), late()]);
    const [page, worker] = [await textOf(''), await textOf('assets/worker.js')];
    const stallMs = stallMsOf(host);
    const options = { request, stallMs, patienceMs: 4 * stallMs };
    const fetched = await fetchPackage(`${FOLDER}models/`, {}, { ...options, earlierIndex: INSTALLED_INDEX }).catch(
      (error: unknown) => error as AppError,
    );
    await this.update();
    if ('code' in fetched) return { page, worker, answer: fetched.code, offline: this.heard.at(-1) };
    const { name: model, version } = fetched.pkg.manifest;
    await this.controller?.keeper.keep({ type: 'keep', model, version, variant: 'uint8', backend: 'tfjs-wasm', isDefault: true });
    return { page, worker, answer: version, staleReason: fetched.staleReason, offline: this.heard.at(-1) };
  }

  /** The browser looks for a newer service worker at each visit. */
  private async update(): Promise<void> {
    const { build } = this.host;
    if (build.version === this.controller?.build) return;
    const request = (...args: Parameters<typeof fetch>): Promise<Response> => this.host.request(...args);
    const transfer = Object.defineProperty({ request }, 'stallMs', { enumerable: true, get: () => stallMsOf(this.host) });
    const tell = (state: OfflineState | Activated): void => void this.heard.push(state);
    const keeper = createKeeper({ scopeUrl: FOLDER, build, stores: this.stores, tell, transfer });
    const isWhole = await keeper.install().then(
      () => true,
      () => false,
    );
    if (!isWhole) return;
    await keeper.takeOver();
    this.controller = { build: build.version, keeper };
  }
}

const late = (): Promise<string> => new Promise((resolve) => setTimeout(resolve, STALL_MS.sound, 'came too late'));

async function deviceWithOld(): Promise<Device> {
  const device = new Device();
  await device.visit(brokenHost(FOLDER, 'one', [old]));
  const { offline } = await device.visit(brokenHost(FOLDER, 'one', [old]));
  expect(offline).toMatchObject({ phase: 'ready', version: old.version });
  return device;
}

const down: BrokenHost['request'] = () => Promise.reject(new TypeError('Failed to fetch'));

/** Codes with which a download may end: their words are asserted in page/words.test.ts. */
const DOWNLOAD_CODES: ErrorCode[] = ['PACKAGE_FILE_MISSING', 'PACKAGE_FILE_CORRUPT', 'PACKAGE_MANIFEST_INVALID', 'NOT_READY'];

// A busy machine may take more than a moment for what hangs nowhere.
describe.each(FAULTS)('%s', { retry: 2 }, (fault) => {
  it.each([...used, 'index.json'])('at a first visit, of %s: words, and the next load is whole', async (path) => {
    const device = new Device();
    const host = brokenHost(FOLDER, 'one', [old]);
    host.faults.set(path === 'index.json' ? `${FOLDER}models/index.json` : inPackage(old, path), fault);
    const { answer } = await device.visit(host);
    expect(DOWNLOAD_CODES).toContain(answer);
    expect(ERROR_WORDS[answer as ErrorCode].advice).not.toBe('');
    host.faults.clear();
    expect(await device.visit(host)).toMatchObject({ answer: old.version, staleReason: null, offline: { phase: 'ready' } });
  });

  it.each(kept)('in an update, of %s: the old package answers, and the next load brings the new one', async (path) => {
    const device = await deviceWithOld();
    const host = brokenHost(FOLDER, 'one', [old, next]);
    host.faults.set(inPackage(next, path), fault);
    const during = await device.visit(host);
    if (used.includes(path)) {
      expect(during).toMatchObject({ page: 'page one', answer: old.version, staleReason: expect.stringMatching(/\.$/) as string });
      expect(during.offline).toMatchObject({ phase: 'ready', version: old.version });
    } else {
      // A sample does not keep the new one from answering; without a network the old one, which is whole, still does.
      expect(during).toMatchObject({ answer: next.version, offline: { phase: 'failed', earlier: old.version } });
    }
    expect(await device.visit({ ...host, request: down })).toMatchObject({ page: 'page one', worker: 'the worker', answer: old.version });
    host.faults.clear();
    expect(await device.visit(host)).toMatchObject({
      answer: next.version,
      staleReason: null,
      offline: { phase: 'ready', version: next.version },
    });
  });

  it.each(['./', 'assets/index-two.js', 'assets/tfjs/tfjs.js'])(
    'in an update of the page, of %s: the old page works on, and the next load brings the new one',
    async (path) => {
      const device = await deviceWithOld();
      const host = brokenHost(FOLDER, 'two', [old]);
      host.faults.set(new URL(path, FOLDER).href, fault);
      const during = await device.visit(host);
      expect(during).toMatchObject({ page: 'page one', worker: 'the worker', answer: old.version });
      host.faults.clear();
      await device.visit(host);
      expect(await device.visit(host)).toMatchObject({ page: 'page two', answer: old.version, offline: { phase: 'ready' } });
    },
  );
});

const onDevice = [
  ...kept.map((path) => inPackage(old, path)),
  ...['', 'assets/worker.js', 'models/index.json'].map((path) => FOLDER + path),
];

describe.each(['flip', 'remove'] as const)('of what the device keeps: %s', (how) => {
  it.each(onDevice)('%s: right and whole again at once where there is a network', async (url) => {
    const device = await deviceWithOld();
    await damage(device.stores, url, how);
    const host = brokenHost(FOLDER, 'one', [old]);
    const first = await device.visit(host);
    expect(first).toMatchObject({ page: 'page one', worker: 'the worker', answer: old.version, staleReason: null });
    expect(first.offline).toMatchObject({ phase: 'ready' });
    expect(await device.visit({ ...host, request: down })).toMatchObject({ page: 'page one', worker: 'the worker', answer: old.version });
  });

  it.each(onDevice)('%s: an answer or true words where there is none, and never “ready”', async (url) => {
    const device = await deviceWithOld();
    await damage(device.stores, url, how);
    const host = brokenHost(FOLDER, 'one', [old]);
    const { page, worker, answer, offline } = await device.visit({ ...host, request: down });
    if (url === FOLDER) expect(page).toContain('This page is not whole on this device');
    else expect(page).toBe('page one');
    expect(worker).toBe(url.endsWith('worker.js') ? 'KeepError: assets/worker.js could not be downloaded' : 'the worker');
    expect([old.version, 'PACKAGE_FILE_MISSING']).toContain(answer);
    expect(offline?.phase).not.toBe('ready');
    expect(await device.visit(host)).toMatchObject({ page: 'page one', answer: old.version, offline: { phase: 'ready' } });
  });
});

describe('a device without room', () => {
  it('answers from memory, says so, and keeps the page once there is room', async () => {
    const device = new Device();
    const { open } = device.stores;
    const full = async (name: string): Promise<Cache> => {
      const cache = await open(name);
      return Object.assign(Object.create(cache) as Cache, { put: () => Promise.reject(new DOMException('full', 'QuotaExceededError')) });
    };
    const host = brokenHost(FOLDER, 'one', [old]);
    device.stores.open = full;
    expect(await device.visit(host)).toMatchObject({ answer: old.version, offline: { phase: 'failed', cause: 'quota' } });
    device.stores.open = open;
    expect(await device.visit(host)).toMatchObject({ answer: old.version, offline: { phase: 'ready' } });
  });
});

describe('a service worker that is killed', { retry: 2 }, () => {
  it.each([0, 1, 2, 4, 7])('after %i files goes on where it was', async (files) => {
    const device = await deviceWithOld();
    const host = brokenHost(FOLDER, 'one', [old, next]);
    let answered = 0;
    const dying: typeof fetch = (input, init) => (answered++ < files ? host.request(input, init) : new Promise(() => undefined));
    const during = await device.visit({ ...host, faults: new Map([['all after it', 'hang']]), request: dying });
    expect([old.version, next.version]).toContain(during.answer);
    expect(await device.visit(host)).toMatchObject({ answer: next.version, offline: { phase: 'ready', version: next.version } });
  });
});

it('two deployments of an origin keep, answer and delete their own alone', async () => {
  const stores = memoryStores();
  const request = (folder: string): BrokenHost => brokenHost(folder, 'one', [old]);
  const visit = async (folder: string): Promise<Keeper> => {
    const host = request(folder);
    const transfer = { request: host.request };
    const keeper = createKeeper({ scopeUrl: folder, build: host.build, stores, tell: () => undefined, transfer });
    await keeper.install();
    await keeper.takeOver();
    await keeper.keep({ type: 'keep', model: old.name, version: old.version, variant: 'uint8', backend: 'tfjs-wasm', isDefault: true });
    return keeper;
  };
  const [one, two] = [await visit('https://h/app1/'), await visit('https://h/app2/')];
  for (const [keeper, folder] of [
    [one, 'https://h/app1/'],
    [two, 'https://h/app2/'],
  ] as const) {
    const weights = `${folder}models/${old.name}/${old.version}/tfjs/uint8/weights-1of2.bin`;
    expect((await (await keeper.answer(new Request(weights)))!.arrayBuffer()).byteLength).toBeGreaterThan(0);
    expect(keeper.answer(new Request(folder === 'https://h/app1/' ? 'https://h/app2/' : 'https://h/app1/'))).toBeNull();
  }
  for (const name of await stores.keys()) if (name.includes('app1')) await stores.delete(name);
  expect(await (await two.answer(new Request('https://h/app2/')))!.text()).toBe('page one');
});
