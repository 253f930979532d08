import { createConnection, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AbstractConnector, Cluster, type ClusterNode, type ClusterOptions, type Redis, type RedisOptions } from 'ioredis';
import { oneWriteATurn } from '../../lib';
import type { CommandPatience } from './command-patience';
import type { ClientOptions, RedisNode } from './redis-address';

type FailFastOptions = Omit<ClusterOptions, 'redisOptions'> & {
  readonly redisOptions: Omit<ClientOptions, 'host' | 'port' | 'path' | 'sentinels' | 'lazyConnect' | 'retryStrategy'>;
};
type NodeConnectorClass = NonNullable<RedisOptions['Connector']>;

/** ioredis waits this long for the close of a socket that never opened, and keeps the process alive meanwhile. */
export const SOCKET_CLOSE_MS = 250;

/**
 * A cluster client whose commands fail when their patience is at its end, wherever they wait. ioredis starts that clock when a command
 * is handed to a node, so that without this one sent while no node is known would wait for ever. As with `FailFastRedis` what
 * has failed is not sent any more, neither by the cluster (which tries again after redirections) nor by a node on whose
 * connection it waited.
 */
export class FailFastCluster extends Cluster {
  readonly #patience: CommandPatience;

  constructor(nodes: ClusterNode[], options: FailFastOptions, patience: CommandPatience) {
    super(nodes, { ...options, lazyConnect: true });
    this.#patience = patience;
    this.on('+node', (node: Redis) => {
      const send = node.sendCommand.bind(node);
      node.sendCommand = (command, stream) => {
        if (command.isSettled) return command.promise;
        oneWriteATurn(node.stream);
        return send(command, stream);
      };
    });
  }

  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): ReturnType<Cluster['sendCommand']> {
    // Given up while it waited for a node: its caller has been told so, and it must not run late.
    if (command.isSettled) return command.promise;
    command.setTimeout(this.#patience.ms);
    return super.sendCommand(command, stream, node);
  }

  /** The primaries known now. */
  primaries(): RedisNode[] {
    return this.nodes('master').flatMap(({ options: { host, port } }) => (host && port ? [{ host, port }] : []));
  }
}

/**
 * A connector for `RedisOptions.Connector` that goes to the next of `nodes()` at every attempt. A subscriber made with it
 * is an ordinary client: it reconnects, restores its subscriptions and says `ready`, but does not insist on a dead node.
 * (ioredis's own cluster subscriber restores them too, but tells nobody that messages may have been lost.)
 */
export function nextNodeConnector(nodes: () => readonly RedisNode[], tls: object | undefined): NodeConnectorClass {
  let attempt = 0;
  return class NextNodeConnector extends AbstractConnector {
    constructor() {
      super(SOCKET_CLOSE_MS);
    }

    override async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true;
      // As ioredis does: listeners of the socket are added after this turn.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (!this.connecting) throw new Error('Connection is closed.');
      const known = nodes();
      const node = known[attempt++ % known.length];
      if (!node) throw new Error('no node of the cluster is known');
      const stream = tls ? connectTls({ ...node, ...tls }) : createConnection({ ...node });
      stream.once('error', (error: Error) => (this.firstError = error));
      this.stream = stream;
      return stream;
    }
  };
}
