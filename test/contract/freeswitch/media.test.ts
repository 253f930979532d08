import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { G722Decoder } from '../../../src/protocol/g722';
import { encodeWav } from '../../../src/protocol/wav';
import { encodeRtcp, decodeRtcp, ntpOf } from '../../../src/protocol/rtcp';
import { toneShare } from '../../../src/phone';
import { frameShare } from '../../support/channel-samples';
import { eventually } from '../../support/eventually';
import type { EslClient } from './esl-client';
import { type RawCall, RawCaller, RawPeer, type WireCodec } from './raw-caller';
import { endless, setTheStage, Stage, startTarget } from './target';

const EVENTS = ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15'];
const hears = (call: RawCall, hz: number): Promise<void> =>
  eventually(() => expect(frameShare(call.peer.heard(), hz)).toBeGreaterThan(0.9), 3_000);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('media as far ends bring it', () => {
  const { stage, target } = setTheStage({ rtcpIntervalMs: 400 });
  let caller: RawCaller;
  let esl: EslClient;

  beforeEach(async () => {
    caller = await RawCaller.start(stage);
    esl = await stage.esl();
  });

  async function bridge(a: RawCall, b: RawCall): Promise<void> {
    expect(await esl.api(`uuid_bridge ${a.uuid} ${b.uuid}`)).toMatch(/^\+OK/);
    await esl.event({ 'Event-Name': 'CHANNEL_BRIDGE', 'Unique-ID': a.uuid });
  }

  /** Somebody at another address who found the port. */
  async function strangerAt(port: number): Promise<RawPeer> {
    const stranger = await RawPeer.open('127.0.0.9');
    stage.after(() => stranger.close());
    stranger.target = port;
    return stranger;
  }

  it.each([
    ['18 4 3 8 0 101', '0 101'], ['8 0', '0'], ['9 8 0 101', '0 101'], ['8 18 101', '8 101'],
  ])('answers several codecs (%s) with the one it wants most (%s)', async (offered, answered) => {
    const call = await caller.call(offered, offered.includes('101') ? EVENTS : []);
    expect(call.answer).toMatch(new RegExp(`^m=audio \\d+ RTP/AVP ${answered}\r$`, 'm'));
    await esl.execute(call.uuid, 'playback', endless(700));
    await hears(call, 700);
  });

  it('refuses an offer in which there is nothing it has', async () => {
    const call = await caller.call('0');
    expect((await caller.ask(call.peer.sdp('18 4'))).status).toBe(488);
  });

  it.each([
    ['sendonly', 'recvonly', {}], ['inactive', 'inactive', {}], ['', '', { address: '0.0.0.0' }],
  ])('sends nothing while it is on hold by re-INVITE (%s), and goes on afterwards', async (direction, answer, place) => {
    const call = await caller.call('0 101', EVENTS);
    await esl.execute(call.uuid, 'playback', endless(700));
    await hears(call, 700);
    const lines = direction === '' ? EVENTS : [...EVENTS, `a=${direction}`];
    const held = await call.reinvite(call.peer.sdp('0 101', lines, { version: 2, ...place }));
    const sdp = held.outcome === 'answered' ? held.response.body.toString() : held.outcome;
    if (answer !== '') expect(sdp).toContain(`a=${answer}`);
    await pause(100);
    const before = call.peer.received.length;
    await pause(300);
    if (answer !== 'recvonly' || target.embedded) expect(call.peer.received.length - before).toBeLessThan(3);
    const back = await call.reinvite(call.peer.sdp('0 101', EVENTS, { version: 3 }));
    expect(back.outcome === 'answered' && back.response.status).toBe(200);
    await hears(call, 700);
    expect(new Set(call.peer.received.map(({ ssrc }) => ssrc)).size).toBe(1);
  });

  it('keeps a bridge through comfort noise and pauses without packets', async () => {
    const [a, b] = [await caller.call('0 13'), await caller.call('8 13')];
    await bridge(a, b);
    await a.peer.talkUntil('PCMU', 500, hears(b, 500));
    for (let round = 0; round < 3; round += 1) {
      a.peer.send({ payloadType: 13, payload: Buffer.from([60]) });
      await pause(400);
      a.peer.skip(400);
    }
    expect(toneShare(b.peer.heard(200), 500)).toBeLessThan(0.5);
    await a.peer.talkUntil('PCMU', 900, hears(b, 900));
    const before = b.peer.received.length;
    await a.peer.talk('PCMU', 900, 50);
    expect(b.peer.received.length - before).toBeGreaterThan(30);
    expect(await esl.api(`uuid_exists ${a.uuid}`)).toBe('true');
  });

  it('does not let a stranger hear or speak', async () => {
    const [a, b] = [await caller.call('0'), await caller.call('0')];
    await bridge(a, b);
    const stranger = await strangerAt(a.port);
    await a.peer.talkUntil('PCMU', 500, hears(b, 500));
    await Promise.all([a.peer.talk('PCMU', 500, 50), stranger.talk('PCMU', 2_000, 50)]);
    expect(frameShare(b.peer.heard(), 500)).toBeGreaterThan(0.9);
    expect(stranger.received).toEqual([]);
  });

  it('takes the keys of INFO from who has no telephone-event, and only from them', async () => {
    const [without, withEvents] = [await caller.call('0'), await caller.call('0 101', EVENTS)];
    const info = async (call: RawCall, type: string, body: string): Promise<void> => {
      const result = await call.sip.request('INFO', { headers: { 'Content-Type': type }, body });
      expect(result.outcome === 'answered' && result.response.status).toBe(200);
    };
    await info(without, 'application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n');
    await info(without, 'application/dtmf-relay', 'Signal= 11\r\nDuration= 300\r\n');
    await info(without, 'application/dtmf', '8');
    await info(without, 'text/plain', '7');
    await info(withEvents, 'application/dtmf-relay', 'Signal=9\r\n');
    await esl.event({ 'Event-Name': 'DTMF', 'DTMF-Digit': '8' });
    expect(await esl.api(`uuid_getvar ${without.uuid} dtmf_type`)).toBe('info');
    const keys = esl.events.filter(({ headers }) => headers['Event-Name'] === 'DTMF').map(({ headers }) =>
      [headers['Unique-ID'], headers['DTMF-Digit'], headers['DTMF-Duration'], headers['DTMF-Source']]);
    expect(keys).toEqual([
      [without.uuid, '5', '1280', 'ENDPOINT'], [without.uuid, '#', '2400', 'ENDPOINT'], [without.uuid, '8', '2000', 'ENDPOINT'],
    ]);
  });

  // What follows is for servers that have it: the production profile has no G.722 and no RTCP (docs/embedded-differences.md).
  const embeddedOnly = process.env['FREESWITCH_ESL'] === undefined ? it : it.skip;

  embeddedOnly('answers G.722 when there is no G.711, plays, and speaks with both laws and with its like', async () => {
    const wide = await caller.call('9 101', EVENTS);
    expect(wide.answer).toContain('a=rtpmap:9 G722/8000');
    await esl.execute(wide.uuid, 'playback', endless(700));
    await hears(wide, 700);
    expect(await esl.api(`uuid_getvar ${wide.uuid} read_rate`)).toBe('16000');
    await esl.api(`uuid_break ${wide.uuid}`);
    for (const [formats, codec] of [['0', 'PCMU'], ['8', 'PCMA'], ['9', 'G722']] as const satisfies [string, WireCodec][]) {
      const other = await caller.call(formats);
      await bridge(wide, other);
      const heard = Promise.all([hears(other, 600), hears(wide, 1_100)]);
      await Promise.all([wide.peer.talkUntil('G722', 600, heard), other.peer.talkUntil(codec, 1_100, heard)]);
      expect(new Set(other.peer.received.slice(-20).map(({ payloadType }) => payloadType))).toEqual(
        new Set([{ PCMU: 0, PCMA: 8, G722: 9 }[codec]]));
    }
    const packets = wide.peer.received;
    expect(packets.every(({ timestamp }, i) => i === 0 || timestamp - (packets[i - 1]?.timestamp ?? 0) === 160)).toBe(true);
  });

  embeddedOnly('encodes a shared stream once for all who hear it in G.722, with the higher band of its file', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'shared-stream-'));
    const samples = Int16Array.from({ length: 16_000 * 8 }, (_, i) => 8_000 * Math.sin((2 * Math.PI * 6_000 * i) / 16_000));
    await writeFile(join(directory, 'music.wav'), encodeWav({ sampleRate: 16_000, channels: 1, samples }));
    const own = await startTarget({ localStreams: { wide: directory } });
    const there = new Stage(own);
    try {
      const [events, raw] = [await there.esl(), await RawCaller.start(there)];
      const listeners = [await raw.call('9'), await raw.call('9')];
      for (const { uuid } of listeners) await events.execute(uuid, 'playback', 'local_stream://wide');
      await pause(1_200);
      const [first = [], second = []] = listeners.map(({ peer }) => peer.received.slice(-20).map(({ payload }) => payload.toString('hex')));
      expect(first.filter((payload) => second.includes(payload)).length).toBeGreaterThan(10);
      const wide = new G722Decoder().decode(Buffer.concat(listeners[0]?.peer.received.map(({ payload }) => payload) ?? []));
      const [real, imaginary] = [Math.cos, Math.sin].map((wave) => wide.slice(-3_200).reduce((sum, sample, i) =>
        sum + sample * wave((2 * Math.PI * 6_000 * i) / 16_000), 0));
      expect((2 * Math.hypot(real ?? 0, imaginary ?? 0)) / 3_200).toBeGreaterThan(7_000);
    } finally {
      await there.clear();
      await own.stop();
      await rm(directory, { recursive: true });
    }
  });

  embeddedOnly('is not taken over by a stranger while the far end is silent', async () => {
    const call = await caller.call('0');
    await call.peer.talk('PCMU', 500, 10);
    await esl.execute(call.uuid, 'playback', endless(700));
    const stranger = await strangerAt(call.port);
    await pause(1_200);
    await stranger.talk('PCMU', 2_000, 60);
    expect(stranger.received).toEqual([]);
    await hears(call, 700);
  });

  embeddedOnly('reports to the far end by RTCP, reads its reports, and says goodbye', async () => {
    const call = await caller.call('0');
    await esl.execute(call.uuid, 'playback', endless(700));
    await Promise.all([call.peer.talk('PCMU', 500, 30), eventually(() => expect(call.peer.rtcp.length).toBeGreaterThan(0))]);
    const reports = (): ReturnType<typeof decodeRtcp>[] => call.peer.rtcp.map(decodeRtcp);
    await eventually(() => {
      const found = reports().flatMap((each) => (each.outcome === 'report' && each.report.sender ? [each.report] : []));
      expect(found.at(-1)?.ssrc).toBe(call.peer.received[0]?.ssrc);
      expect(found.at(-1)?.reports).toMatchObject([{ ssrc: call.peer.ssrc, lost: 0, lastSenderReport: 0 }]);
    });
    const sender = { ntp: ntpOf(Date.now()), rtpTimestamp: 0, packets: 30, octets: 4_800 };
    const last = reports().at(-1);
    const ntp = last?.outcome === 'report' ? last.report.sender?.ntp : undefined;
    const middle = (((ntp?.seconds ?? 0) & 0xffff) * 65_536 + ((ntp?.fraction ?? 0) >>> 16)) >>> 0;
    call.peer.sendRtcp(encodeRtcp({
      ssrc: call.peer.ssrc, sender, cname: 'test',
      reports: [{
        ssrc: call.peer.received[0]?.ssrc ?? 0, fractionLost: 0, lost: 4, highestSequence: 0, jitter: 0,
        lastSenderReport: middle, sinceLastSenderReport: 0,
      }],
    }));
    await eventually(async () => {
      await esl.api(`uuid_set_media_stats ${call.uuid}`);
      expect(await esl.api(`uuid_getvar ${call.uuid} rtp_audio_rtcp_packet_count`)).toBe('1');
    });
    expect(await esl.api(`uuid_getvar ${call.uuid} rtp_audio_out_lost_packet_count`)).toBe('4');
    expect(Number(await esl.api(`uuid_getvar ${call.uuid} rtp_audio_round_trip_ms`))).toBeLessThan(1_000);
    await eventually(() => {
      const blocks = reports().flatMap((each) => (each.outcome === 'report' ? each.report.reports : []));
      expect(blocks.at(-1)?.lastSenderReport).toBeGreaterThan(0);
    });
    await esl.api(`uuid_kill ${call.uuid}`);
    await eventually(() => expect(reports().at(-1)).toMatchObject({ report: { bye: true } }));
  });

  embeddedOnly('hangs up with MEDIA_TIMEOUT when the packets stop, and tells the far end', async () => {
    const call = await caller.call('0');
    await esl.execute(call.uuid, 'set', 'media_timeout=600');
    await call.peer.talk('PCMU', 500, 50);
    expect(call.endedBy()).toBeUndefined();
    const ended = await esl.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': call.uuid }, 3_000);
    expect(ended['Hangup-Cause']).toBe('MEDIA_TIMEOUT');
    await eventually(() => expect(call.endedBy()).toBe('remote'));
  });

  embeddedOnly('has a media timeout for all channels, longer on hold and with comfort noise and reports', async () => {
    const own = await startTarget({ mediaTimeoutMs: 500, rtcpIntervalMs: 0 });
    const there = new Stage(own);
    try {
      const events = await there.esl();
      const raw = await RawCaller.start(there);
      const [silent, held, noisy] = [await raw.call('0'), await raw.call('0', ['a=inactive']), await raw.call('0 13')];
      for (let i = 0; i < 20; i += 1) {
        if (i < 3) noisy.peer.send({ payloadType: 13, payload: Buffer.from([70]) });
        else noisy.peer.sendRtcp(encodeRtcp({ ssrc: noisy.peer.ssrc, reports: [], cname: 'n' }));
        await pause(100);
      }
      const gone = await events.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': silent.uuid });
      expect(gone['Hangup-Cause']).toBe('MEDIA_TIMEOUT');
      expect([await events.api(`uuid_exists ${held.uuid}`), await events.api(`uuid_exists ${noisy.uuid}`)]).toEqual(['true', 'true']);
      await events.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': noisy.uuid }, 2_000);
    } finally {
      await there.clear();
      await own.stop();
    }
  });
});
