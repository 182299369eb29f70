/** A store in a bucket of S3, or of a server that speaks its protocol (MinIO, Ceph, R2). Keys and address come from the SDK's environment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TryAgainError } from '../support/try-again.ts';
import { UsageError } from '../support/usage-error.ts';
import { assertName, type Store } from './store.ts';

/** Asked for until the other writer is done: S3 answers 409 while two write one name. */
const CONFLICT_TRIES = 20;
const CONFLICT_MS = 250;

/**
 * @param place `s3://bucket/prefix`; `AWS_ENDPOINT_URL` names another server than Amazon's
 * @throws Error where `@aws-sdk/client-s3` is not installed; UsageError for a place without a bucket
 */
export async function openS3Store(place: string): Promise<Store> {
  const [, bucket, folder] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/?(.*?)\/*$/.exec(place) ?? [];
  if (!bucket) throw new UsageError(`--store expects s3://bucket/prefix, got "${place}"`);
  const prefix = folder ? `${folder}/` : '';
  const sdk = await import('@aws-sdk/client-s3').catch((error: unknown) => {
    throw new Error(`${place} needs a package that is not installed: npm install @aws-sdk/client-s3`, { cause: error });
  });
  const client = new sdk.S3Client({
    // A server under one address has no names of hosts for its buckets.
    forcePathStyle: process.env.AWS_ENDPOINT_URL !== undefined || process.env.AWS_ENDPOINT_URL_S3 !== undefined,
    // Blobs are held against their SHA-256 here; some servers refuse the SDK's own checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const object = (name: string) => {
    assertName(name);
    return { Bucket: bucket, Key: prefix + name };
  };
  const statusOf = (error: unknown): number | undefined =>
    error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const asked = async <T>(what: string, answer: Promise<T>): Promise<T> => answer.catch((error: unknown) => rethrow(what, error));
  const rethrow = (what: string, error: unknown): never => {
    const status = statusOf(error);
    const { name, message } = error as Error;
    const line = `${place}: ${what}: ${status ?? ''} ${name}${message && message !== name ? `: ${message}` : ''}`.replaceAll(/\s+/g, ' ');
    // Without a status nobody answered; the SDK has tried three times by then.
    const passes = status === undefined ? name !== 'CredentialsProviderError' && !/region/i.test(message) : status >= 500 || status === 429;
    throw passes ? new TryAgainError(line, { cause: error }) : new Error(line, { cause: error });
  };

  async function createObject(name: string, bytes: Uint8Array): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new sdk.PutObjectCommand({ ...object(name), Body: bytes, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        if (statusOf(error) !== 409 || attempt === CONFLICT_TRIES) return rethrow(`put ${name}`, error);
        await sleep(CONFLICT_MS);
      }
    }
  }

  let heeded: Promise<void> | undefined;
  /** @throws Error where the server overwrites what it was told not to: two results of one cell would go unnoticed */
  async function requireCondition(): Promise<void> {
    const probe = new TextEncoder().encode('written once\n');
    await createObject('if-none-match', probe);
    if (await createObject('if-none-match', probe))
      throw new Error(
        `${place}: the server ignores If-None-Match, so that two writers would overwrite each other; expected one that heeds it`,
      );
  }

  return {
    place,
    async get(name) {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(object(name)));
        return await Body!.transformToByteArray();
      } catch (error) {
        return error instanceof sdk.NoSuchKey ? undefined : rethrow(`get ${name}`, error);
      }
    },
    async put(name, bytes) {
      await asked(`put ${name}`, client.send(new sdk.PutObjectCommand({ ...object(name), Body: bytes })));
    },
    async putIfAbsent(name, bytes) {
      await (heeded ??= requireCondition());
      return createObject(name, bytes);
    },
    async list(start) {
      const names: string[] = [];
      let token: string | undefined;
      do {
        const page = await asked(
          `list ${start}`,
          client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix + start, ContinuationToken: token })),
        );
        names.push(...(page.Contents ?? []).map(({ Key }) => Key!.slice(prefix.length)));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return names.sort();
    },
  };
}
