import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface WithheldRequest {
  /** Resolves when the request is here. Redis has not seen it. */
  readonly arrived: Promise<void>;
  /** Sends it to Redis after all, on a connection of its own; resolves with the reply. */
  deliver(): Promise<string>;
}

/** Between a client and a redis-server on a unix socket: loses replies and requests as a network does. */
export class RedisProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #onRequest: ((chunk: Buffer, client: Socket, upstream: Socket) => boolean) | undefined;
  #opened: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  private constructor(private readonly socketPath: string) {
    this.#server = createServer((client) => void this.#accept(client));
  }

  static async start(socketPath: string): Promise<RedisProxy> {
    const proxy = new RedisProxy(socketPath);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Redis does the next request that contains `text`, its reply is lost and the connection with it; but a reply that
   * contains `unless` is passed on, and the next request is it. New connections get no further than here until `reopen()`.
   * Resolves when Redis has done it.
   */
  loseReply(text: string, unless: string): Promise<void> {
    this.#opened = new Promise((resolve) => (this.#open = resolve));
    return new Promise((resolve) => {
      const lose = (chunk: Buffer, client: Socket, upstream: Socket): void => {
        upstream.removeAllListeners('data');
        upstream.once('data', (reply: Buffer) => {
          if (reply.includes(unless)) {
            client.write(reply);
            upstream.on('data', (later: Buffer) => client.write(later));
            this.#catch(text, lose);
            return;
          }
          client.destroy();
          upstream.destroy();
          resolve();
        });
        upstream.write(chunk);
      };
      this.#catch(text, lose);
    });
  }

  reopen(): void {
    this.#open();
  }

  /** The next request that contains `text` is not passed on: its sender waits. */
  withhold(text: string): WithheldRequest {
    let request: Buffer = Buffer.alloc(0);
    const arrived = new Promise<void>((resolve) => {
      this.#catch(text, (chunk) => {
        request = chunk;
        resolve();
      });
    });
    return {
      arrived,
      deliver: async () => {
        const upstream = connect(this.socketPath);
        upstream.write(request);
        const [reply] = (await once(upstream, 'data')) as [Buffer];
        upstream.destroy();
        return reply.toString();
      },
    };
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #catch(text: string, act: (chunk: Buffer, client: Socket, upstream: Socket) => void): void {
    this.#onRequest = (chunk, client, upstream) => {
      if (!chunk.includes(text)) return false;
      this.#onRequest = undefined;
      act(chunk, client, upstream);
      return true;
    };
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    // A reset is one more way for a connection to end.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #accept(client: Socket): Promise<void> {
    this.#own(client);
    await this.#opened;
    if (client.destroyed) return;
    const upstream = connect(this.socketPath);
    this.#own(upstream);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    upstream.on('data', (chunk: Buffer) => client.write(chunk));
    client.on('data', (chunk: Buffer) => {
      if (!this.#onRequest?.(chunk, client, upstream)) upstream.write(chunk);
    });
  }
}
