import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

/** What a client needs to be allowed to reach the applications of these tests. */
export const THIS_MACHINE = { allowPrivate: ['127.0.0.0/8', '::1/128'], allowPorts: ['1-65535'] } as const;

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Number of the TCP connection it came over, from 1. */
  readonly connection: number;
}

export interface CustomerApplication {
  readonly origin: string;
  readonly seen: SeenRequest[];
  stop(): Promise<void>;
}

/** A real HTTP server that keeps what it was asked. */
export async function startApplication(
  answer: (request: SeenRequest, response: ServerResponse, raw: IncomingMessage) => void,
): Promise<CustomerApplication> {
  const seen: SeenRequest[] = [];
  const connections = new WeakMap<object, number>();
  let count = 0;
  const server = createServer((raw, response) => {
    const chunks: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    raw.on('end', () => {
      const request = {
        method: raw.method ?? '', url: raw.url ?? '', headers: raw.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString(), connection: connections.get(raw.socket) ?? 0,
      };
      seen.push(request);
      answer(request, response, raw);
    });
  });
  server.on('connection', (socket) => connections.set(socket, (count += 1)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    stop: () => new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

export const xml = (response: ServerResponse, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'text/xml', ...headers });
  response.end(body);
};
