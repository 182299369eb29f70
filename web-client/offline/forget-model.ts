import { STALL_MS } from '@sld-edge/runtime/transfer';
import type { ForgetRequest } from './messages.ts';

/**
 * Removes a model from the device.
 *
 * @param words for where nothing can be asked or nothing answers
 * @throws Error with the reason why it is still there
 */
export async function forgetModel(scopeUrl: string, model: string, words: { nothingKept: string; noAnswer: string }): Promise<void> {
  const active = (await navigator.serviceWorker.getRegistration(scopeUrl))?.active;
  if (!active) throw new Error(words.nothingKept);
  const { port1, port2 } = new MessageChannel();
  const reason = await new Promise<string | null>((resolve) => {
    port1.addEventListener('message', ({ data }: MessageEvent<string | null>) => resolve(data));
    port1.start();
    setTimeout(resolve, STALL_MS, words.noAnswer);
    active.postMessage({ type: 'forget', model } satisfies ForgetRequest, [port2]);
  });
  port1.close();
  if (reason !== null) throw new Error(reason);
}
