import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { itHoldsTheContract } from '../testing/store-contract.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openFolderStore } from './folder-store.ts';
import { openStore } from './open-store.ts';

/** `s3://bucket/prefix` of a server for tests, which the SDK's variables lead to. */
const bucket = process.env.SLD_EDGE_TEST_BUCKET;

const noLinks = (): never => {
  throw Object.assign(new Error('no hard links here'), { code: 'ENOTSUP' });
};

describe('a store in a folder', () => {
  const root = temporaryFolder(afterAll);
  itHoldsTheContract(() => openStore(root));

  it('leaves nothing half-written behind, and lists nothing that is being written', async () => {
    const folder = temporaryFolder();
    const store = openFolderStore(folder);
    writeFileSync(join(folder, `x.tmp-${'0'.repeat(16)}`), 'ha');
    await store.putIfAbsent('y', new Uint8Array(3));
    await store.putIfAbsent('y', new Uint8Array(3));
    expect(await store.list('')).toEqual(['y']);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe('a store in a folder without hard links', () => {
  const root = temporaryFolder(afterAll);
  itHoldsTheContract(async () => openFolderStore(root, noLinks));
});

describe.skipIf(bucket === undefined)(
  `a store in a bucket${bucket === undefined ? ' (skipped: no S3 server in SLD_EDGE_TEST_BUCKET)' : ''}`,
  () => {
    itHoldsTheContract(() => openStore(bucket!));
  },
);

it.each(['gs://bucket/x', 'http://host/x', 's3://'])('refuses %s', async (place) => {
  expect((await errorOf(() => openStore(place))).message).toBe(
    place === 's3://'
      ? '--store expects s3://bucket/prefix, got "s3://"'
      : `--store expects a folder or s3://bucket/prefix, got "${place}"`,
  );
});
