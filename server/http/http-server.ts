import { createServer, maxHeaderSize, STATUS_CODES, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { AppError } from '@sld-edge/runtime';
import type { Log } from '../log.ts';
import { securityHeadersOf } from './security-headers.ts';
import { readCertificate, type TlsFiles } from './tls.ts';

export interface ConnectionLimits {
  requestTimeoutMs: number;
  maxConnections: number;
  frameOrigins: readonly string[];
  /** Null: plain HTTP. */
  tls: TlsFiles | null;
}

/** Longer than the minute for which proxies keep a connection: otherwise theirs and ours end in the same moment. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Time in which a client that was refused may still send, so that the answer is not lost by a reset. */
const LINGER_MS = 1000;

/**
 * The HTTP server around an application: what happens on connections before and beside requests. Whatever Node would
 * answer itself is a problem document with our headers.
 */
export function createHttpServer(
  app: RequestListener,
  { requestTimeoutMs, maxConnections, tls, frameOrigins }: ConnectionLimits,
  log: Log,
): Server {
  // Node looks at its connections at intervals: the last look must come before the time is up.
  const checkMs = Math.min(1000, requestTimeoutMs / 4);
  const timeoutMs = requestTimeoutMs - 2 * checkMs;
  const options = {
    requestTimeout: timeoutMs,
    headersTimeout: timeoutMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The application answers where it is missing.
    requireHostHeader: false,
  };
  const headers = securityHeadersOf({ frameOrigins, isHttps: tls !== null });
  const server: Server = tls ? createHttpsServer({ ...options, ...readCertificate(tls) }, app) : createServer(options, app);
  // A client may close its side once it has sent its request (`nc -N`, some proxies). Node's types lack the property.
  Object.assign(server, { httpAllowHalfOpen: true });
  // The application refuses first and invites the body last.
  server.on('checkContinue', app);
  server.on('checkExpectation', app);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Refused already; what still arrives is not read.
    if (socket.writableEnded) return;
    const answered = (socket as { _httpMessage?: ServerResponse })._httpMessage?.headersSent === true;
    if (error.code === 'ECONNRESET' || answered || !socket.writable) return void socket.destroy();
    const refusal = refusalOf(error, requestTimeoutMs);
    log({ event: 'refused', status: refusal.status, code: refusal.code });
    socket.end(responseText(refusal, headers));
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(linger));
  });
  server.maxConnections = maxConnections;
  logDrops(server, maxConnections, log);
  return server;
}

/** Chooses the refusal by the codes of Node's parser and timer. */
function refusalOf(error: NodeJS.ErrnoException, timeoutMs: number): AppError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('REQUEST_TIMEOUT', { timeoutMs });
  if (error.code === 'HPE_HEADER_OVERFLOW') return new AppError('HEADERS_TOO_LARGE', { maxBytes: maxHeaderSize });
  return new AppError('REQUEST_MALFORMED', { reason: `not HTTP/1.1 (${error.message.replace(/^Parse Error: /, '')})` });
}

/** A whole response, for a connection on which no request was understood. */
function responseText(error: AppError, securityHeaders: Readonly<Record<string, string>>): string {
  const problem = error.toProblem();
  const body = JSON.stringify(problem);
  const headers = {
    ...securityHeaders,
    'Cache-Control': 'no-store',
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Date: new Date().toUTCString(),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`;
}

/** Logs dropped connections, at most one record a second: whoever opens connections by the thousand must not fill the disk too. */
function logDrops(server: Server, maxConnections: number, log: Log): void {
  let count = 0;
  server.on('drop', () => {
    if (count++ > 0) return;
    setTimeout(() => {
      log({ event: 'dropped', level: 'error', connections: count, maxConnections });
      count = 0;
    }, 1000).unref();
  });
}
