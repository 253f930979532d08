// A customer application that answers every POST with the same kilobyte, and counts them.
import { createServer } from 'node:http';

const start = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>';
const end = '</Say></Response>';
const document = Buffer.from(start + 'x'.repeat(1_024 - start.length - end.length) + end);
let served = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(served));
    served = 0;
    return;
  }
  request.resume().on('end', () => {
    served += 1;
    response.writeHead(200, { 'content-type': 'text/xml', 'content-length': document.length }).end(document);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
