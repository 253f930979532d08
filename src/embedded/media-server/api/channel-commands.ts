import { encodeHeaderLines } from '../../../protocol/esl';
import { pressDigits, startRecording, stopRecording } from '../apps';
import type { Channel } from '../channel/channel';
import { channelHeaders } from '../channel/channel-headers';
import { causeOf } from '../channel/causes';
import { type ApiCommand, type ApiWorld, NO_CHANNEL, onChannel, splitFirst } from './api-world';

const kill = onChannel('<uuid> [cause]', (channel, cause) => {
  channel.hangUp(cause === '' ? 'NORMAL_CLEARING' : causeOf(cause));
  return '+OK\n';
});

const breakSound = onChannel('<uuid> [all]', (channel, flags) => {
  channel.runner.break(flags.includes('all'));
  if (flags.includes('both')) channel.partner?.runner.break(flags.includes('all'));
  return '+OK\n';
});

const exists: ApiCommand = (world, args) => String(world.find(args.trim()) !== undefined);

const dump = onChannel('<uuid> [format]', (channel, format, world) => {
  const headers = { ...world.hub.baseHeaders('CHANNEL_DATA'), ...channelHeaders(channel, true) };
  if (format === 'json') return JSON.stringify(headers);
  if (format === 'plain') return Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`).join('');
  return encodeHeaderLines(headers);
});

/** The reply comes before the two hear each other, as in FreeSWITCH (contract page section 6). */
const bridge: ApiCommand = (world, args) => {
  const [a = '', b = ''] = args.trim().split(/\s+/);
  const [first, second] = [world.find(a), world.find(b)];
  if (a === '' || b === '') return '-USAGE: <uuid> <other_uuid>\n';
  if (!first || !second || first === second || !first.answered || !second.answered) return '-ERR Invalid uuid\n';
  setImmediate(() => void first.bridge(second));
  return `+OK ${b}\n`;
};

/** `[-both|-bleg] park inline` or `'socket:<ip:port> async full' inline`, also any other application. */
const transfer = onChannel('<uuid> [-bleg|-both] <dest> [<dialplan>]', async (channel, rest, world) => {
  const [, legs = '', target = ''] = /^(?:(-both|-bleg)\s+)?(.*?)\s+inline\s*$/s.exec(rest) ?? [];
  const [, name = '', argument = ''] = /^'?([a-z_]+)(?::(.*?))?'?$/s.exec(target) ?? [];
  if (name === '') return '-ERR\n';
  const partner = channel.partner;
  const chosen: Record<string, readonly (Channel | undefined)[]> = { '-both': [channel, partner], '-bleg': [partner] };
  for (const leg of chosen[legs] ?? [channel]) if (leg) await transferOne(leg, name, argument, world);
  return '+OK\n';
});

async function transferOne(channel: Channel, name: string, argument: string, world: ApiWorld): Promise<void> {
  if (name === 'socket') await world.connectSocket(channel, argument.split(' ')[0] ?? '');
  else await channel.transferTo(name, argument);
}

const setMediaStats = onChannel('<uuid>', async (channel) => {
  const counters = await channel.around.engine.measure(channel.uuid);
  if (!counters) return NO_CHANNEL;
  const facts: Record<string, number> = {
    rtp_audio_in_raw_bytes: counters.bytesReceived,
    rtp_audio_in_media_bytes: counters.bytesReceived,
    rtp_audio_in_packet_count: counters.packetsReceived,
    rtp_audio_in_media_packet_count: counters.packetsReceived,
    rtp_audio_in_skip_packet_count: counters.packetsMissing,
    rtp_audio_out_raw_bytes: counters.bytesSent,
    rtp_audio_out_media_bytes: counters.bytesSent,
    rtp_audio_out_packet_count: counters.packetsSent,
    rtp_audio_out_media_packet_count: counters.packetsSent,
    rtp_audio_out_send_errors: counters.sendErrors,
    rtp_audio_in_jitter_ms: Math.round(counters.jitterMs),
    rtp_audio_in_late_packet_count: counters.packetsLate,
    rtp_audio_rtcp_packet_count: counters.far.received,
    rtp_audio_out_lost_packet_count: counters.far.lost,
    rtp_audio_round_trip_ms: Math.round(counters.far.roundTripMs ?? 0),
    rtp_wheel_worst_lateness_ms: Math.round(counters.worstLatenessMs),
  };
  for (const [name, value] of Object.entries(facts)) channel.variables.set(name, String(value));
  return '+OK:\n';
});

const recordChannel = onChannel('<uuid> [start|stop] <path> [<limit>]', (channel, rest) => {
  const [verb = '', path = '', limit = '0'] = rest.split(/\s+/);
  if (path === '') return '-USAGE: <uuid> [start|stop] <path> [<limit>]\n';
  if (verb === 'stop') return stopRecording(channel, path) ? '+OK Success\n' : '-ERR Cannot stop record session!\n';
  const started = verb === 'start' && startRecording(channel, path, Number(limit)) === 'started';
  return started ? '+OK Success\n' : '-ERR Cannot record session!\n';
});

/** Plays over what runs, as `playback` would, or runs `application::argument`. */
const broadcast = onChannel('<uuid> <path> [aleg|bleg|holdb|both]', (channel, rest) => {
  const [path, legs] = splitFirst(rest);
  const [, application = 'playback', argument = path] = /^([a-z_]+)::(.*)$/s.exec(path) ?? [];
  const single = legs.startsWith('bleg') ? channel.partner : channel;
  const targets = legs.startsWith('both') ? [channel, channel.partner] : [single];
  for (const target of targets) target?.runner.execute({ name: application, argument });
  return '+OK Message sent\n';
});

const sendDtmf = onChannel('<uuid> <dtmf digits>[@<tone_duration>]', (channel, digits) =>
  pressDigits(channel, digits) ? `+OK ${channel.uuid} sent DTMF ${digits}.\n` : '-ERR Operation failed\n');

/** As if the far end had pressed keys; `F` (flash) is one that a keypad does not have. */
const receiveDtmf = onChannel('<uuid> <dtmf digits>[@<tone_duration>]', (channel, text) => {
  const [, digits, duration = '2000'] = /^([0-9*#A-DFa-df]+)(?:@(\d+))?$/.exec(text.trim()) ?? [];
  if (digits === undefined) return '-ERR Operation failed\n';
  for (const digit of digits) channel.receiveDigit(digit.toUpperCase(), Number(duration), 'APP');
  return `+OK ${channel.uuid} received DTMF ${digits}.\n`;
});

const flushDtmf = onChannel('<uuid>', (channel) => {
  channel.takeDigits();
  return '+OK\n';
});

export const CHANNEL_COMMANDS: ReadonlyMap<string, ApiCommand> = new Map<string, ApiCommand>([
  ['uuid_break', breakSound],
  ['uuid_bridge', bridge],
  ['uuid_broadcast', broadcast],
  ['uuid_dump', dump],
  ['uuid_exists', exists],
  ['uuid_flush_dtmf', flushDtmf],
  ['uuid_kill', kill],
  ['uuid_record', recordChannel],
  ['uuid_recv_dtmf', receiveDtmf],
  ['uuid_send_dtmf', sendDtmf],
  ['uuid_set_media_stats', setMediaStats],
  ['uuid_transfer', transfer],
]);
