/** The server's process: configuration, signals, exit codes. Everything else is composed here. */
import { isatty } from 'node:tty';
import { toAppError } from '@sld-edge/runtime';
import { ConfigError, readConfig } from './config.ts';
import { addApiKey } from './http/api-keys.ts';
import { serverHelp } from './configuration/server-help.ts';
import { createLog, outliveLogReaders } from './log.ts';
import { startServer } from './start.ts';

const STANDARD_INPUT = 0;
const { log, flush } = createLog(process.stdout);
outliveLogReaders();
process.on('exit', flush);

function quit(...messages: string[]): never {
  process.stderr.write(messages.map((message) => `sld-edge server: ${message}\n`).join(''));
  process.exit(1);
}

/** `new-key NAME FILE`: prints the key, and adds its name and its SHA-256 to the file. */
function newKey([name, file, ...rest]: string[]): void {
  if (name === undefined || file === undefined || rest.length > 0)
    quit('new-key: expected a name and a file, as in new-key camera keys.txt');
  try {
    process.stdout.write(`${addApiKey(file, name)}\n`);
  } catch (error) {
    quit(`new-key: ${(error as Error).message}`);
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(`${serverHelp()}\n`);
  process.exit(0);
}

if (args[0] === 'new-key') {
  newKey(args.slice(1));
  process.exit(0);
}

try {
  const config = readConfig(process.env, args);
  let draining = false;
  const stop = async (signal: NodeJS.Signals) => {
    // A second signal is from someone who does not want to wait.
    if (draining) process.exit(1);
    draining = true;
    log({ event: 'draining', signal, timeoutMs: config.drainTimeoutMs });
    const finished = await (await starting).drain();
    log({ event: 'stopped', finished });
    process.exit(finished ? 0 : 1);
  };
  // Before the port is taken, so that no signal finds the process without them.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Of a terminal that is closed it means to end.
  process.on('SIGHUP', (signal) => (isatty(STANDARD_INPUT) ? void stop(signal) : void starting.then(({ reloadAll }) => reloadAll())));
  const starting = startServer(config, log);
  await starting;
} catch (error) {
  if (error instanceof ConfigError) quit(...error.message.split('\n'));
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') quit(`PORT: ${message}; choose another`);
  if (code === 'EACCES') quit(`PORT: ${message}; choose one above 1023`);
  // An address that is not this machine's, or a name that is nobody's.
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') quit(`HOST: ${message}; choose an address of this machine`);
  const unforeseen = toAppError(error);
  log({ event: 'failed', level: 'error', code: unforeseen.code, stack: error instanceof Error ? error.stack : String(error) });
  quit(`${unforeseen.code}: ${unforeseen.message} The log has its stack.`);
}
