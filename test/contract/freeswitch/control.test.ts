import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { toneShare } from '../../../src/phone';
import { decodeWav } from '../../../src/protocol/wav';
import { frameShare } from '../../support/channel-samples';
import { eventually } from '../../support/eventually';
import { EslClient } from './esl-client';
import { endless, setTheStage, temporaryDirectory } from './target';

describe('controlling channels', () => {
  const { stage, target } = setTheStage();
  const inDirectory = temporaryDirectory();

  it('hangs up an idle channel when its application dies, and lets a busy one play on to its end', async () => {
    const esl = await stage.esl();
    const idle = await stage.channel();
    const busy = await stage.channel();
    await esl.execute(busy.uuid, 'playback', 'tone_stream://%(600,0,440)');
    await busy.call.audio.waitForTone(440, { withinMs: 2_000 });
    idle.controller.close();
    busy.controller.close();
    await idle.call.untilEnded({ withinMs: 2_000 });
    await esl.event({ 'Event-Name': 'CHANNEL_HANGUP', 'Unique-ID': idle.uuid, 'Hangup-Cause': 'NORMAL_CLEARING' });
    expect(busy.call.state).toBe('answered');
    await busy.call.untilEnded({ withinMs: 3_000 });
    await esl.event({ 'Event-Name': 'PLAYBACK_STOP', 'Unique-ID': busy.uuid, 'Playback-Status': 'done' });
  });

  it('keeps an endless sound, and what another controller nests over it, when the application dies', async () => {
    const esl = await stage.esl();
    const { uuid, call, controller } = await stage.channel();
    await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    controller.close();
    const nested = await esl.execute(uuid, 'playback', 'tone_stream://%(300,0,1500)');
    await call.audio.waitForTone(1500, { withinMs: 2_000 });
    await esl.completed(nested);
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    expect(call.state).toBe('answered');
    expect(await esl.api(`uuid_kill ${uuid} USER_BUSY`)).toBe('+OK\n');
    await call.untilEnded({ withinMs: 2_000 });
    await esl.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': uuid, 'Hangup-Cause': 'USER_BUSY' });
  });

  it('tells the end of a channel in order, and closes its outbound socket with a notice', async () => {
    const esl = await stage.esl();
    const { uuid, call, controller } = await stage.channel();
    const token = await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    await call.hangup();
    await esl.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': uuid });
    const endings = ['CHANNEL_HANGUP', 'PLAYBACK_STOP', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_HANGUP_COMPLETE'];
    const ending = esl.names(uuid).slice(esl.names(uuid).indexOf('CHANNEL_HANGUP')).filter((name) => endings.includes(name));
    expect([...new Set(ending)]).toEqual(endings);
    expect(esl.find({ 'Application-UUID': token, 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE' })).toBeDefined();
    expect(esl.find({ 'Event-Name': 'CHANNEL_CALLSTATE', 'Unique-ID': uuid, 'Channel-Call-State': 'HANGUP' })).toBeDefined();
    await eventually(() => expect(controller.closed).toBe(true));
    expect(controller.notices).toMatchObject([{ 'Content-Type': 'text/disconnect-notice', 'Controlled-Session-UUID': uuid }]);
    expect(await esl.api(`uuid_exists ${uuid}`)).toBe('false');
  });

  it('records the far end, ends at the limit, and the file holds what was said', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel({}, { play: { tone: 900 } });
    const path = inDirectory('said.wav');
    await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    const token = await esl.execute(uuid, 'record', `${path} 1`);
    // FreeSWITCH sends nothing while it records, the embedded server silence (docs/embedded-differences.md)
    if (target.embedded) await call.audio.waitForSilence({ withinMs: 2_000 });
    // FreeSWITCH counts whole seconds of the clock, so it may take almost one more
    const recordedMs = Number((await esl.completed(token))['variable_record_ms']);
    expect(recordedMs).toBeGreaterThanOrEqual(target.embedded ? 1_000 : 900);
    expect(recordedMs).toBeLessThanOrEqual(target.embedded ? 1_000 : 2_100);
    await esl.event({ 'Event-Name': 'RECORD_STOP', 'Record-File-Path': path });
    const decoded = decodeWav(await readFile(path));
    const samples = decoded.outcome === 'audio' ? decoded.audio.samples : new Int16Array(0);
    expect(Math.abs(samples.length - recordedMs * 8)).toBeLessThanOrEqual(480);
    expect(frameShare(samples.subarray(2000, 7000), 900)).toBeGreaterThan(0.9);
    await call.audio.waitForTone(440, { withinMs: 2_000 });
  });

  it('records both sides of a channel beside what it plays, until it is stopped', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel({}, { play: { tone: 900 } });
    await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    const path = inDirectory('both.wav');
    expect(await esl.api(`uuid_record ${uuid} start ${path}`)).toBe('+OK Success\n');
    expect(await esl.api(`uuid_record ${uuid} stop ${path}x`)).toMatch(/^-ERR/);
    const fromAt = call.audio.packets.length;
    await eventually(() => expect(call.audio.packets.length).toBeGreaterThan(fromAt + 40));
    expect(await esl.api(`uuid_record ${uuid} stop ${path}`)).toBe('+OK Success\n');
    await esl.event({ 'Event-Name': 'RECORD_STOP', 'Record-File-Path': path });
    const decoded = decodeWav(await readFile(path));
    const samples = decoded.outcome === 'audio' ? decoded.audio.samples.subarray(1600) : new Int16Array(0);
    expect(toneShare(samples, 900) + toneShare(samples, 440)).toBeGreaterThan(0.9);
    expect(Math.min(toneShare(samples, 900), toneShare(samples, 440))).toBeGreaterThan(0.2);
  });

  it('mutes what is recorded of a channel', async () => {
    const esl = await stage.esl();
    const { uuid } = await stage.channel({}, { play: { tone: 900 } });
    const path = inDirectory('muted.wav');
    await esl.completed(await esl.execute(uuid, 'set_mute', 'read true'));
    await esl.completed(await esl.execute(uuid, 'record', `${path} 1`));
    const decoded = decodeWav(await readFile(path));
    expect(decoded.outcome === 'audio' && Math.max(...decoded.audio.samples)).toBe(0);
  });

  it('keeps variables, and shows them in dumps and events', async () => {
    const esl = await stage.esl();
    const { uuid } = await stage.channel();
    expect(await esl.api(`uuid_getvar ${uuid} hf_call`)).toBe('_undef_');
    await esl.completed(await esl.execute(uuid, 'multiset', '^^^hf_call=CA 1^hf_b=2'));
    expect(await esl.api(`uuid_getvar ${uuid} hf_call`)).toBe('CA 1');
    expect(await esl.api(`uuid_dump ${uuid}`)).toContain('variable_hf_call: CA%201\n');
    expect(JSON.parse(await esl.api(`uuid_dump ${uuid} json`))).toMatchObject({ 'Unique-ID': uuid, variable_hf_b: '2' });
    expect(await esl.api(`uuid_set_media_stats ${uuid}`)).toBe('+OK:\n');
    expect(Number(await esl.api(`uuid_getvar ${uuid} rtp_audio_out_packet_count`))).toBeGreaterThanOrEqual(0);
    expect(await esl.api(`uuid_getvar nobody x`)).toBe('-ERR No such channel!\n');
  });

  it('lists the channels there are', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    // FreeSWITCH reads them from its database, which is a little late
    await eventually(async () => {
      const list = JSON.parse(await esl.api('show channels as json')) as { rows?: { uuid: string; callstate: string }[] };
      expect(list.rows).toContainEqual(expect.objectContaining({ uuid, callstate: 'ACTIVE' }));
    });
    await call.hangup();
    await eventually(async () => expect(await esl.api('show channels as json')).not.toContain(uuid));
  });

  it('delivers only what was asked for and passes the filters', async () => {
    const one = await stage.channel();
    const two = await stage.channel();
    const esl = await stage.esl('CHANNEL_EXECUTE SWITCH_EVENT_PLAYBACK_START');
    expect(await esl.command(`filter Unique-ID ${one.uuid}`)).toBe(`+OK filter added. [Unique-ID]=[${one.uuid}]`);
    await esl.execute(two.uuid, 'playback', 'silence_stream://20');
    await esl.execute(one.uuid, 'playback', 'silence_stream://20');
    await esl.event({ 'Event-Name': 'PLAYBACK_START' });
    expect(esl.names()).toEqual(['CHANNEL_EXECUTE', 'PLAYBACK_START']);
    expect(esl.names(one.uuid)).toHaveLength(2);
    expect(await esl.command(`filter delete Unique-ID ${one.uuid}`)).toBe(`+OK filter deleted. [Unique-ID][${one.uuid}]`);
    expect(await esl.command('noevents')).toBe('+OK no longer listening for events');
    const token = await esl.execute(one.uuid, 'playback', 'silence_stream://20');
    expect(await esl.api('status')).toMatch(/is ready/);
    expect(esl.find({ 'Application-UUID': token })).toBeUndefined();
  });

  it('answers jobs in the background, and refuses what it does not know', async () => {
    const esl = await stage.esl();
    expect(await esl.command('bgapi status', { 'Job-UUID': 'job-1' })).toBe('+OK Job-UUID: job-1');
    await esl.event({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': 'job-1', 'Job-Command': 'status' });
    expect(await esl.api('originate user/1000 &park')).toMatch(/^-ERR/);
    expect(await esl.command('frobnicate')).toBe('-ERR command not found');
    expect(await esl.command('sendmsg nobody', { 'call-command': 'hangup' })).toBe('-ERR invalid session id [nobody]');
    expect(await esl.command('exit')).toBe('+OK bye');
    await eventually(() => expect(esl.closed).toBe(true));
  });

  it('refuses a wrong secret and closes', async () => {
    const { host, port } = target.esl;
    const client = new EslClient(connect(port, host));
    await eventually(() => expect(client.notices).toHaveLength(1));
    expect(await client.command('auth wrong')).toBe('-ERR invalid');
    await eventually(() => expect(client.closed).toBe(true));
  });
});
