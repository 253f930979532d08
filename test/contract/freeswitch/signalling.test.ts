import { newUuid } from '../../../src/lib';
import { gapReport } from '../../support/gap-report';
import { eventually } from '../../support/eventually';
import { OutboundListener } from './esl-client';
import { endless, setTheStage, Stage, startTarget } from './target';

describe('the SIP side of a media server', () => {
  const { stage } = setTheStage();

  it('tells the application all about a channel when it connects', async () => {
    const { uuid, call, controller } = await stage.channel();
    expect(await controller.command('event json CHANNEL_EXECUTE CUSTOM conference::maintenance')).toMatch(/^\+OK/);
    const dump = JSON.parse(await (await stage.esl()).api(`uuid_dump ${uuid} json`)) as Record<string, string>;
    expect(dump).toMatchObject({
      'Answer-State': 'answered', 'Channel-Call-State': 'ACTIVE', variable_dtmf_type: 'rfc2833',
      variable_sip_call_id: call.sipCallId, variable_park_after_bridge: 'true', variable_playback_terminators: 'none',
    });
    expect(dump['variable_sip_user_agent']).toMatch(/^drachtio-fsmrf:/);
    expect(dump['variable_rtp_local_sdp_str']).toContain(`m=audio ${dump['variable_local_media_port']} RTP/AVP 0 `);
    expect(dump['variable_switch_r_sdp']).toContain(`m=audio ${dump['variable_remote_media_port']} `);
  });

  it('answers an INVITE without offer with one of its own, and starts with the ACK', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel({}, { lateOffer: true });
    await esl.execute(uuid, 'playback', endless(600));
    await call.audio.waitForTone(600, { withinMs: 2_000 });
  });

  it('follows a re-INVITE: hold, back again, with the same stream', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    await esl.execute(uuid, 'playback', endless(600));
    await call.audio.waitForTone(600, { withinMs: 2_000 });
    const answerOf = async (direction: 'sendonly' | 'inactive' | 'sendrecv'): Promise<string> => {
      const result = await call.reinvite(direction);
      return result.outcome === 'answered' ? result.response.body.toString() : result.outcome;
    };
    const first = await answerOf('inactive');
    expect(first).toContain('a=inactive');
    const held = call.audio.packets.length;
    const back = await answerOf('sendrecv');
    expect(back).not.toMatch(/a=(inactive|sendonly|recvonly)/);
    const origin = (sdp: string): string[] => /^o=\S+ (\d+) (\d+) /m.exec(sdp)?.slice(1) ?? [];
    expect(origin(back)[0]).toBe(origin(first)[0]);
    expect(Number(origin(back)[1])).toBe(Number(origin(first)[1]) + 1);
    await eventually(() => expect(call.audio.packets.length).toBeGreaterThan(held + 10));
    expect(call.audio.hears(600)).toBe(true);
    expect(call.audio.ssrcs()).toHaveLength(1);
    expect(call.audio.timestampsMonotonic()).toBe(true);
    expect(call.audio.sequenceContinuous()).toBe(true);
  });

  it('refuses what it cannot do', async () => {
    const phone = await stage.phone();
    const uri = `sip:drachtio@${await stage.sipAddress()}`;
    const noExtension = await phone.call(uri);
    await noExtension.untilEnded({ withinMs: 2_000 });
    expect(noExtension.finalResponse?.status).toBe(404);
  });

  it('hangs up a channel whose application cannot be reached', async () => {
    const phone = await stage.phone();
    const headers = { 'User-Agent': `drachtio-fsmrf:${newUuid()}`, 'X-esl-outbound': '127.0.0.1:1' };
    const call = await phone.call(`sip:drachtio@${await stage.sipAddress()}`, { headers });
    await call.untilEnded({ withinMs: 3_000 });
    expect(call.answeredAt).toBeDefined();
  });

  it('hangs up from the event socket', async () => {
    const { uuid, call, controller } = await stage.channel();
    expect(await controller.command('sendmsg', { 'call-command': 'hangup', 'hangup-cause': 'NORMAL_CLEARING' })).toBe('+OK');
    await call.untilEnded({ withinMs: 2_000 });
    expect(await (await stage.esl()).api(`uuid_exists ${uuid}`)).toBe('false');
  });

  it('gives a channel another application by uuid_transfer socket, and stops what played', async () => {
    const esl = await stage.esl();
    const first = await stage.channel();
    await esl.execute(first.uuid, 'playback', endless(600));
    await first.call.audio.waitForTone(600, { withinMs: 2_000 });
    const other = await OutboundListener.start();
    stage.after(() => other.stop());
    const arriving = other.next();
    expect(await esl.api(`uuid_transfer ${first.uuid} 'socket:${other.address} async full' inline`)).toMatch(/^\+OK/);
    expect(await (await arriving).connect()).toMatchObject({ 'Channel-Unique-ID': first.uuid });
    await first.call.audio.waitForSilence({ withinMs: 2_000 });
    expect(gapReport(first.call.audio, { overMs: 150 })).toEqual([]);
  });
});

// A given server's limits are its own: these belong to the embedded one.
const ofEmbedded = process.env['FREESWITCH_ESL'] === undefined ? describe : describe.skip;

ofEmbedded('the limits of the embedded media server', () => {
  const headers = { 'User-Agent': 'drachtio-fsmrf:x', 'X-esl-outbound': '127.0.0.1:1' };

  it('refuses one call too many with 503 and Retry-After, and takes the next when one has ended', async () => {
    const target = await startTarget({ maxSessions: 1 });
    const stage = new Stage(target);
    try {
      const first = await stage.channel();
      const second = await (await stage.phone()).call(`sip:x@${await stage.sipAddress()}`, { headers });
      await second.untilEnded({ withinMs: 2_000 });
      expect(second.finalResponse).toMatchObject({ status: 503, reason: 'Maximum Calls In Progress' });
      expect(second.finalResponse?.headers.get('Retry-After')).toBe('300');
      await first.call.hangup();
      await stage.channel();
    } finally {
      await stage.clear();
      await target.stop();
    }
  });

  it('refuses everything while paused', async () => {
    const target = await startTarget();
    const stage = new Stage(target);
    try {
      const esl = await stage.esl();
      expect(await esl.api('fsctl pause inbound')).toBe('+OK\n');
      const refused = await (await stage.phone()).call(`sip:x@${await stage.sipAddress()}`, { headers });
      await refused.untilEnded({ withinMs: 2_000 });
      expect(refused.finalResponse?.status).toBe(503);
      expect(await esl.api('fsctl resume inbound')).toBe('+OK\n');
      await stage.channel();
    } finally {
      await stage.clear();
      await target.stop();
    }
  });

  it('beats with its load', async () => {
    const target = await startTarget({ heartbeatMs: 50, maxSessions: 7 });
    const stage = new Stage(target);
    try {
      const esl = await stage.esl('HEARTBEAT');
      await stage.channel();
      await esl.event({ 'Event-Name': 'HEARTBEAT', 'Session-Count': '1', 'Max-Sessions': '7' });
    } finally {
      await stage.clear();
      await target.stop();
    }
  });

  it('says which address is in use', async () => {
    const target = await startTarget();
    try {
      await expect(startTarget({ eslPort: target.esl.port })).rejects.toThrow(/event socket 127\.0\.0\.1:\d+: .*EADDRINUSE/);
    } finally {
      await target.stop();
    }
  });
});
