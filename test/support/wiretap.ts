import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Stands before a TCP server and reads what its clients say to it. */
export class Wiretap {
  readonly #heard: Buffer[][] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => this.#join(client, connect(target)));
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<Wiretap> {
    const tap = new Wiretap(target);
    await new Promise<void>((ready) => tap.#server.listen(0, '127.0.0.1', ready));
    return tap;
  }

  /** All that each connection has sent so far. */
  get connections(): readonly Buffer[] {
    return this.#heard.map((chunks) => Buffer.concat(chunks));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  #join(client: Socket, server: Socket): void {
    const chunks: Buffer[] = [];
    this.#heard.push(chunks);
    client.on('data', (bytes) => {
      chunks.push(bytes);
    });
    for (const [from, to] of [[client, server], [server, client]] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

/** Before drachtio, and before each media server. */
export interface Wiretaps {
  readonly drachtio: Wiretap;
  readonly eventSockets: readonly Wiretap[];
}

/** The same environment of a gateway with a wiretap before each of its servers; `stopLater` gets how to stop one. */
export async function tapServers(
  env: Readonly<Record<string, string>>, stopLater: (stop: () => Promise<void>) => void,
): Promise<{ readonly env: Readonly<Record<string, string>>; readonly wiretaps: Wiretaps }> {
  const tap = async (host: string, port: number): Promise<Wiretap> => {
    const wiretap = await Wiretap.start({ host, port });
    stopLater(() => wiretap.stop());
    return wiretap;
  };
  const { DRACHTIO_HOST = '', DRACHTIO_PORT = '', FREESWITCH_SERVERS = '' } = env;
  const drachtio = await tap(DRACHTIO_HOST, Number(DRACHTIO_PORT));
  const servers = FREESWITCH_SERVERS.split(',').map((server) => server.split(':'));
  const eventSockets = await Promise.all(servers.map(([host = '', port = '']) => tap(host, Number(port))));
  const behind = eventSockets.map(({ port }, index) => `127.0.0.1:${port}:${servers[index]?.slice(2).join(':')}`);
  return {
    env: { ...env, DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(drachtio.port), FREESWITCH_SERVERS: behind.join(',') },
    wiretaps: { drachtio, eventSockets },
  };
}
