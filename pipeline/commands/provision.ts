/** `npm run provision`: builds what a server decodes JPEGs with, once for a machine. */
import { provisionJpegDecoder, type ProvisionedJpegDecoder } from '../engines/provision/jpeg-decoder.ts';
import { say } from '../support/say.ts';
import type { SettingTable } from '../support/setting.ts';
import { whileWaiting } from '../support/while-waiting.ts';

export const summary =
  "Builds the server's JPEG decoder against this machine's libjpeg-turbo, proves that its pixels are sharp's, and caches it. Without it sharp decodes: the same answers, for more processor time.";

export const settings = {} as const satisfies SettingTable;

export async function run(): Promise<ProvisionedJpegDecoder> {
  const provisioned = await whileWaiting('building the JPEG decoder', provisionJpegDecoder());
  const { path, library, wasCached } = provisioned;
  say(`JPEG decoder: ${library}, ${wasCached ? 'found' : 'built and proved'} in ${path}`);
  return provisioned;
}
