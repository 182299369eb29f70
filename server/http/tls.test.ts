import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeModelsFolder } from '../testing/models-folder.ts';
import { startTestServer } from '../testing/test-server.ts';
import { readCertificate } from './tls.ts';

const lacking = spawnSync('openssl', ['version']).status === 0 ? '' : ' (skipped: no openssl makes a certificate)';
const dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-tls-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** A key and a certificate that it signed itself. */
function certify(name: string) {
  const [certFile, keyFile] = [path.join(dir, `${name}.crt`), path.join(dir, `${name}.key`)];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ];
  execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  return { certFile, keyFile };
}

it.skipIf(lacking)(`serves by HTTPS, and tells browsers to stay with it${lacking}`, async () => {
  const tls = certify('one');
  const folder = await writeModelsFolder();
  const server = await startTestServer(folder.dir, { tls });
  const url = server.url.replace('http:', 'https:');
  const { status, headers } = await new Promise<{ status?: number; headers: Record<string, unknown> }>((resolve, reject) => {
    https
      .get(
        `${url}/readyz`,
        { ca: readCertificate(tls).cert, servername: 'localhost', checkServerIdentity: () => undefined },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode, headers: response.headers });
        },
      )
      .on('error', reject);
  });
  expect(status).toBe(200);
  expect(headers['strict-transport-security']).toMatch(/^max-age=\d+/);
  await expect(fetch(`${server.url}/readyz`)).rejects.toThrow();
  await server.close();
  folder.remove();
});

it.skipIf(lacking)(`says that a key is not the certificate’s${lacking}`, () => {
  const [one, other] = [certify('one'), certify('other')];
  expect(() => readCertificate({ ...one, keyFile: other.keyFile })).toThrow(/^TLS_CERT, TLS_KEY: expected a certificate and its key in /);
  const file = path.join(dir, 'none.crt');
  writeFileSync(file, 'no certificate');
  expect(() => readCertificate({ ...one, certFile: file })).toThrow(`TLS_CERT, TLS_KEY: expected a certificate and its key in ${file}`);
});
