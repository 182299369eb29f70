import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../config.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

/** @throws ConfigError where they are no certificate and its key */
export function readCertificate({ certFile, keyFile }: TlsFiles): { cert: Buffer; key: Buffer } {
  try {
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT, TLS_KEY: expected a certificate and its key in ${certFile} and ${keyFile}: ${(error as Error).message}`,
    );
  }
}
