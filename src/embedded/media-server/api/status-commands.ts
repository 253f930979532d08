import { rateOf } from '../channel/channel-headers';
import type { Channel } from '../channel/channel';
import { STATE_NAMES } from '../channel/channel-state';
import { type ApiCommand, type ApiWorld, splitFirst } from './api-world';

/** What HEARTBEAT and `version` tell; the first number is the FreeSWITCH release whose behaviour is copied. */
export const MEDIA_SERVER_VERSION = '1.11.3-holdfast~64bit';

const PROFILE = 'drachtio_mrf';

/** drachtio-fsmrf looks for `^\s*<profile>\s.*sip:mod_sofia@ip:port` (contract page section 1). */
const sofia: ApiCommand = (world, args) => {
  if (args.trim() !== 'status') return '-ERR sofia command not supported\n';
  const line = '='.repeat(97);
  const address = `sip:mod_sofia@${world.sipAddress()}`;
  return [
    `${'Name'.padStart(25)}\t${'Type'.padStart(7)}\t${'Data'.padStart(42)}\tState`,
    line,
    `${PROFILE.padStart(25)}\tprofile\t${address.padStart(42)}\tRUNNING (${world.limits.current})`,
    line,
    '1 profile 0 aliases', '',
  ].join('\n');
};

const status: ApiCommand = ({ limits, clock, startedAt }) => {
  const seconds = Math.floor((clock.now() - startedAt) / 1000);
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  return [
    `UP 0 years, ${days} days, ${hours} hours, ${minutes} minutes, ${seconds % 60} seconds`,
    `FreeSWITCH (Version ${MEDIA_SERVER_VERSION}) is ${limits.paused ? 'paused' : 'ready'}`,
    `${limits.total} session(s) since startup`,
    `${limits.current} session(s) - peak ${limits.peak}, last 5min ${limits.peak} `,
    `${limits.startedLastSecond} session(s) per Sec out of max ${limits.sessionsPerSecond}`,
    `${limits.maxSessions} session(s) max`,
    'min idle cpu 0.00/100.00', '',
  ].join('\n');
};

function rowOf(channel: Channel): Record<string, string> {
  const created = new Date(channel.createdAt).toISOString().slice(0, 19).replace('T', ' ');
  const { facts, variables } = channel;
  return {
    uuid: channel.uuid,
    direction: 'inbound',
    created,
    created_epoch: String(Math.floor(channel.createdAt / 1000)),
    name: facts.name,
    state: STATE_NAMES[channel.phase][0],
    cid_name: facts.callerName,
    cid_num: facts.callerNumber,
    ip_addr: facts.networkAddress,
    dest: facts.destination,
    application: variables.get('current_application') ?? '',
    application_data: variables.get('current_application_data') ?? '',
    dialplan: 'XML',
    context: 'mrf',
    read_codec: channel.codec,
    read_rate: rateOf(channel.codec),
    write_codec: channel.codec,
    write_rate: rateOf(channel.codec),
    callstate: channel.callState,
    call_uuid: channel.uuid,
    hostname: channel.around.hub.hostname,
  };
}

/** `show channels as json`, `show channels count`, `show calls count`. */
const show: ApiCommand = (world, args) => {
  const rows = [...world.channels()].map(rowOf);
  switch (args.trim().replace(/\s+/g, ' ')) {
    case 'channels as json':
      return JSON.stringify(rows.length === 0 ? { row_count: 0 } : { row_count: rows.length, rows });
    case 'channels count':
    case 'calls count':
      return `\n${rows.length} total.\n`;
    default:
      return '-ERR show command not supported\n';
  }
};

function setLimit(world: ApiWorld, name: 'maxSessions' | 'sessionsPerSecond', value: string, label: string): string {
  if (/^\d+$/.test(value)) world.limits[name] = Number(value);
  return `+OK ${label}: ${world.limits[name]}\n`;
}

/** `pause|resume [inbound]`, `max_sessions [n]`, `sps [n]`. */
const control: ApiCommand = (world, args) => {
  const [verb, rest] = splitFirst(args);
  switch (verb) {
    case 'pause':
    case 'resume':
      world.limits.paused = verb === 'pause';
      return '+OK\n';
    case 'max_sessions': return setLimit(world, 'maxSessions', rest, 'max sessions');
    case 'sps': return setLimit(world, 'sessionsPerSecond', rest, 'sessions per second');
    default: return `-ERR Invalid command\nUSAGE: fsctl [pause|resume] [inbound] | max_sessions [n] | sps [n]\n`;
  }
};

export const STATUS_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map<string, ApiCommand>([
  ['fsctl', control],
  ['show', show],
  ['sofia', sofia],
  ['status', status],
  ['version', () => `FreeSWITCH Version ${MEDIA_SERVER_VERSION}\n`],
]);
