/**
 * Asks a running server about pictures, one after another; `?model=` names another model than its default.
 *
 *     npm run deploy
 *     npx tsx examples/ask-server.ts http://localhost:8080/?model=fashion-mnist models/fashion-mnist/46b45e4aa5f1/samples/09-ankle-boot.png
 */
import { readFile } from 'node:fs/promises';

const [server, ...pictures] = process.argv.slice(2);
if (!server || pictures.length === 0)
  throw new Error('expected a server and pictures: npx tsx examples/ask-server.ts http://localhost:8080 PICTURE …');

const address = new URL(server);
address.pathname = '/classify';
address.searchParams.set('topK', '1');
for (const picture of pictures) {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: await readFile(picture),
  });
  const answer = await response.json();
  // Refusals are problem documents (RFC 9457): a stable code, and a sentence for people.
  if (response.ok) console.log(`${picture}: ${answer.predictions[0].label} (${answer.model}, ${answer.variant} on ${answer.backend})`);
  else console.log(`${picture}: ${answer.code}, ${answer.detail}`);
}
