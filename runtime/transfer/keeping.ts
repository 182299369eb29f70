/** Files by their address, wherever they are kept. */
export interface KeptFiles {
  get(address: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(address: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Removes all others. */
  retain(addresses: ReadonlySet<string>): Promise<void>;
}

export interface Keeping {
  request: typeof fetch;
  /**
   * Waits until what came is stored, and removes what was not asked for.
   *
   * @returns the reason why something could not be kept, if there is one
   */
  settle(): Promise<string | undefined>;
}

/** Documents that say which files there are: their newest is asked for, and what is kept answers without a network. */
const DOCUMENT = /\/(index|manifest)\.json$/;

/**
 * Makes a `fetch` that keeps what it fetches and answers from what it kept. Whoever asks compares the bytes with their SHA-256, and asks for a
 * file that does not fit again with `cache: 'reload'`: then it is fetched and stored anew.
 */
export function keeping(store: KeptFiles, request: typeof fetch): Keeping {
  const asked = new Set<string>();
  const storing: Promise<void>[] = [];
  let problem: string | undefined;
  const tolerate = (error: unknown): undefined => void (problem ??= error instanceof Error ? error.message : String(error));
  const kept = (address: string) => store.get(address).catch(tolerate);

  const keepingRequest: typeof fetch = async (input, init) => {
    const address = String(input);
    asked.add(address);
    const isDocument = DOCUMENT.test(new URL(address).pathname);
    if (!isDocument && init?.cache !== 'reload') {
      const bytes = await kept(address);
      if (bytes) return new Response(bytes);
    }
    let response: Response;
    try {
      response = await request(input, init);
    } catch (error) {
      const bytes = isDocument && !init?.signal?.aborted ? await kept(address) : undefined;
      if (bytes) return new Response(bytes);
      throw error;
    }
    if (response.ok) {
      const copy = response.clone();
      const stored = copy.arrayBuffer().then((bytes) => store.put(address, new Uint8Array(bytes)));
      storing.push(stored.catch(tolerate));
    }
    return response;
  };
  return {
    request: keepingRequest,
    async settle() {
      await Promise.all(storing);
      await store.retain(asked).catch(tolerate);
      return problem;
    },
  };
}
