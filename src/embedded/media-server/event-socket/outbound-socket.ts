import { connect, type Socket } from 'node:net';
import type { Timer } from '../../../lib';
import { type EslCommand, encodeHeaderLines } from '../../../protocol/esl';
import type { Channel } from '../channel/channel';
import { channelHeaders, profileHeaders } from '../channel/channel-headers';
import type { CommandWorld } from './command-interpreter';
import { EventSocketConnection } from './event-socket-connection';

export interface OutboundTarget {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
const GOODBYE = 'Disconnected, goodbye.\n';

/** `ip:port`, `[v6]:port`; undefined when it is neither. */
export function parseTarget(text: string): OutboundTarget | undefined {
  const [, host, port] = /^\[?([^\]\s]+?)\]?:(\d+)$/.exec(text.trim()) ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/**
 * The dialplan's `socket <target> async full`: connects a channel to the application that asked for it. While the
 * connection stands the channel may idle; when it closes the orphan rule applies (contract page section 5).
 * Resolves when connected or failed.
 */
export function controlByOutboundSocket(
  channel: Channel, target: OutboundTarget, world: CommandWorld, log: (line: string) => void,
): Promise<'connected' | 'failed'> {
  return new Promise((resolve) => {
    const socket = connect({ ...target });
    const fail = (why: string): void => {
      log(`outbound socket ${target.host}:${target.port} of channel ${channel.uuid}: ${why}`);
      socket.destroy();
      resolve('failed');
    };
    const onError = (error: Error): void => fail(error.message);
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail('no answer'));
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', onError);
      if (channel.ended) {
        socket.destroy();
        resolve('failed');
        return;
      }
      attach(channel, socket, world, log);
      resolve('connected');
    });
  });
}

function attach(channel: Channel, socket: Socket, world: CommandWorld, log: (line: string) => void): void {
  const { clock } = channel.around;
  let lingerSeconds: number | undefined;
  let lingering: Timer | undefined;
  channel.controlled = true;
  const connection: EventSocketConnection = new EventSocketConnection({
    socket, world, log, channel,
    setLinger: (seconds) => {
      lingerSeconds = seconds;
    },
    intercept: (command) => intercept(command, channel, connection),
    closed: () => {
      lingering?.cancel();
      channel.loseController();
    },
  });
  channel.onEnd(() => {
    const notice = { 'Controlled-Session-UUID': channel.uuid, 'Content-Disposition': 'disconnect' };
    if (lingerSeconds === undefined) {
      connection.disconnect(notice, GOODBYE);
      return;
    }
    connection.send(Buffer.from(
      `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${channel.uuid}\nContent-Disposition: linger\n` +
      `Channel-Name: ${channel.facts.name}\nLinger-Time: ${lingerSeconds}\nContent-Length: 0\n\n`));
    lingering = clock.after(lingerSeconds * 1000, () => connection.disconnect(notice, GOODBYE));
  });
}

function intercept(command: EslCommand, channel: Channel, connection: EventSocketConnection): boolean {
  if (command.verb === 'exit') {
    connection.reply('+OK bye');
    connection.disconnect({ 'Controlled-Session-UUID': channel.uuid, 'Content-Disposition': 'disconnect' }, GOODBYE);
    return true;
  }
  if (command.verb !== 'connect') return false;
  connection.send(Buffer.from(`${encodeHeaderLines(channelData(channel))}\n`));
  return true;
}

/** The answer to `connect`: one url-encoded block (contract page section 2, point 3). */
function channelData(channel: Channel): Record<string, string> {
  return {
    ...channel.around.hub.baseHeaders('CHANNEL_DATA'),
    ...profileHeaders(channel, 'Channel'),
    ...channelHeaders(channel, true),
    'Content-Type': 'command/reply',
    'Reply-Text': '+OK\n',
    'Socket-Mode': 'async',
    Control: 'full',
  };
}
