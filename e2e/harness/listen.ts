import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  /** With a trailing slash. */
  url: string;
  /** Ends the connections that are open, too. */
  close(): Promise<void>;
}

/** Listens on a free port of this machine. @param host the interface; absent: all */
export async function listen(server: Server, host?: string): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
