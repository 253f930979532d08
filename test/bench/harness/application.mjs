import { createServer } from 'node:http';
import { once } from 'node:events';

/**
 * A tenant's application in this process: `routes[path](params)` returns the document, or a promise of it. Unknown paths get 404
 * and fail the run, as whatever a route throws does.
 */
export async function startApplication(routes) {
  let failure;
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { pathname } = new URL(request.url, 'http://application');
    try {
      if (!routes[pathname]) throw new Error(`nobody expected a request for ${request.url}`);
      const document = await routes[pathname](Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())));
      response.writeHead(200, { 'content-type': 'text/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?><Response>${document}</Response>`);
    } catch (error) {
      failure ??= error;
      response.writeHead(404).end();
    }
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    check() {
      if (failure) throw failure;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
