/** Wishes of a person: that saving stops, that a model goes. */
import { createFixturePackage, type FixturePackage } from '@sld-edge/runtime/testing';
import { expect, it } from 'vitest';
import { brokenHost } from './broken-host.ts';
import { createKeeper } from './keeper.ts';
import { memoryStores } from './memory-stores.ts';
import type { Activated, KeepRequest, OfflineState } from './messages.ts';

const FOLDER = 'https://h/app/';
const first = await createFixturePackage({ integer: true });
const second = await createFixturePackage({ integer: true, name: 'second' });

const wishFor = ({ name, version }: FixturePackage, isDefault: boolean): KeepRequest => ({
  type: 'keep',
  model: name,
  version,
  variant: 'integer',
  backend: 'wasm',
  isDefault,
});

function device() {
  const host = brokenHost(FOLDER, '1', [first, second]);
  const stores = memoryStores();
  const told: (OfflineState | Activated)[] = [];
  const keeper = createKeeper({
    scopeUrl: FOLDER,
    build: host.build,
    stores,
    tell: (state) => told.push(state),
    transfer: { request: host.request },
  });
  const installed = async (): Promise<string[]> => {
    const response = await keeper.answer(new Request(`${FOLDER}models/index.json?installed`))!;
    expect(response.ok).toBe(true);
    return response.status === 200 ? ((await response.json()) as { packages: { name: string }[] }).packages.map(({ name }) => name) : [];
  };
  return { host, stores, told, keeper, installed };
}

it('stops what is being stored, says so, and goes on from there when it is asked again', async () => {
  const { host, told, keeper, installed } = device();
  await keeper.install();
  const hanging = `${FOLDER}models/${first.name}/${first.version}/integer/program.json`;
  host.faults.set(hanging, 'hang');
  const keeping = keeper.keep(wishFor(first, true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  keeper.stop();
  await keeping;
  expect(told.at(-1)).toMatchObject({ phase: 'failed', cause: 'stopped', model: first.name });
  expect(await installed()).toEqual([]);

  host.faults.clear();
  await keeper.keep(wishFor(first, true));
  expect(told.at(-1)).toMatchObject({ phase: 'ready' });
  expect(await installed()).toEqual([first.name]);
});

it('removes a model and nothing else, and another one is the default then', async () => {
  const { stores, keeper, installed } = device();
  await keeper.keep(wishFor(first, true));
  await keeper.keep(wishFor(second, false));
  expect(await keeper.forget(first.name)).toBeNull();
  expect(await installed()).toEqual([second.name]);
  expect((await stores.keys()).filter((name) => name.includes(`model:${first.name}@`))).toEqual([]);
  expect((await stores.keys()).filter((name) => name.includes(`model:${second.name}@`))).toHaveLength(1);
  const index = (await (await keeper.answer(new Request(`${FOLDER}models/index.json?installed`))!).json()) as { default: string };
  expect(index.default).toBe(second.name);
  expect(await keeper.forget(second.name)).toBeNull();
  expect(await installed()).toEqual([]);
});

it('says why a model could not be removed', async () => {
  const { stores, keeper } = device();
  await keeper.keep(wishFor(first, true));
  stores.delete = () => Promise.reject(new DOMException('the disk failed', 'UnknownError'));
  expect(await keeper.forget(first.name)).toContain('the disk failed');
});
