/** HTTP alone: reads a body whole and answers what a classifier would, with nothing between. */
import { createServer } from 'node:http';

const predictions = Array.from({ length: 5 }, (_, index) => ({ label: `class ${index}`, index, probability: 0.2 }));

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = JSON.stringify({ predictions, bytes: Buffer.concat(chunks).length });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
