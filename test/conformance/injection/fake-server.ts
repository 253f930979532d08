import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A server on a loopback port of its own, for a client that knows `secret`. */
export abstract class FakeServer {
  /** What our side said that no grammar allows. */
  readonly strange: string[] = [];
  /** What it said, by kind. */
  readonly counts = new Map<string, number>();
  readonly #server: Server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    this.serve(socket);
  });

  protected abstract serve(socket: Socket): void;

  protected count(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  async start(): Promise<{ host: string; port: number; secret: string }> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port, secret: 'secret' };
  }

  async stop(): Promise<void> {
    await new Promise((closed) => this.#server.close(closed));
  }
}
