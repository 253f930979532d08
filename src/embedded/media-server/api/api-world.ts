import type { Clock } from '../../../lib';
import type { Channel } from '../channel/channel';
import type { EventHub } from '../event-socket/event-hub';
import type { AdmissionLimits } from '../limits';

/** What api commands act on. */
export interface ApiWorld {
  readonly hub: EventHub;
  readonly clock: Clock;
  readonly limits: AdmissionLimits;
  readonly startedAt: number;
  /** `ip:port` of the SIP side. */
  readonly sipAddress: () => string;
  readonly channels: () => Iterable<Channel>;
  readonly find: (uuid: string) => Channel | undefined;
  /** Gives a channel a new outbound socket in place of what it does (uuid_transfer … 'socket:…' inline). */
  readonly connectSocket: (channel: Channel, target: string) => Promise<void>;
  readonly globals: Map<string, string>;
}

/** Gets everything after the command's name; returns the output as FreeSWITCH writes it. */
export type ApiCommand = (world: ApiWorld, args: string) => Promise<string> | string;

type ChannelCommand = (channel: Channel, rest: string, world: ApiWorld) => Promise<string> | string;

export const NO_CHANNEL = '-ERR No such channel!\n';

/** The first word, and what follows it. */
export function splitFirst(args: string): readonly [string, string] {
  const [, first = '', rest = ''] = /^(\S*)\s*(.*)$/s.exec(args.trim()) ?? [];
  return [first, rest];
}

/** A command on one channel, which is its first word. */
export const onChannel = (usage: string, run: ChannelCommand): ApiCommand =>
  (world, args) => {
    const [uuid, rest] = splitFirst(args);
    if (uuid === '') return `-USAGE: ${usage}\n`;
    const channel = world.find(uuid);
    return channel ? run(channel, rest, world) : NO_CHANNEL;
  };
