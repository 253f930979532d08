import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rms, SILENCE_RMS, toneShare } from '../../../src/phone';
import { gapReport } from '../../support/gap-report';
import { endless, setTheStage, Stage, startTarget, temporaryDirectory, writeTone } from './target';

describe('what a channel plays', () => {
  const { stage, target } = setTheStage();
  const inDirectory = temporaryDirectory();

  it('is silence while idle, then a file to its end, with the events of a playback', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    await call.audio.waitForSilence({ withinMs: 2_000 });
    const file = inDirectory('short.wav');
    await writeTone(file, 700, 600);
    esl.events.length = 0; // the dialplan's own applications
    const token = await esl.execute(uuid, 'playback', file);
    await call.audio.waitForTone(700, { withinMs: 2_000 });
    const completed = await esl.completed(token);
    expect(completed).toMatchObject({
      'Unique-ID': uuid, Application: 'playback', 'Application-Data': file, 'Application-Response': 'FILE PLAYED',
      variable_playback_ms: '600',
    });
    expect(esl.names(uuid).filter((name) => /EXECUTE|PLAYBACK/.test(name))).toEqual([
      'CHANNEL_EXECUTE', 'PLAYBACK_START', 'PLAYBACK_STOP', 'CHANNEL_EXECUTE_COMPLETE',
    ]);
    expect(esl.find({ 'Event-Name': 'PLAYBACK_STOP' })).toMatchObject({ 'Playback-File-Path': file, 'Playback-Status': 'done' });
    await call.audio.waitForSilence({ withinMs: 2_000 });
    expect(gapReport(call.audio, { overMs: 150 })).toEqual([]);
  });

  it('goes on where it was paused when a sound nested over it ends', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    const [long, over] = [inDirectory('long.wav'), inDirectory('over.wav')];
    await writeTone(long, 440, 1_000);
    await writeTone(over, 1500, 400);
    const outer = await esl.execute(uuid, 'playback', long);
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    const inner = await esl.execute(uuid, 'playback', over);
    const innerAt = await call.audio.waitForTone(1500, { withinMs: 2_000 });
    expect(esl.find({ 'Application-UUID': outer, 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE' })).toBeUndefined();
    await esl.completed(inner);
    await call.audio.waitForTone(440, { withinMs: 2_000, fromAt: innerAt });
    await esl.completed(outer);
    const share = (hz: number): number =>
      call.audio.packets.filter(({ samples }) => samples !== undefined && rms(samples) > SILENCE_RMS && toneShare(samples, hz) > 0.6).length;
    // every packet of both files was sent once: nothing of the outer one was lost to the pause
    expect(share(440)).toBeGreaterThanOrEqual(47);
    expect(share(440)).toBeLessThanOrEqual(51);
    expect(share(1500)).toBeGreaterThanOrEqual(18);
    expect(gapReport(call.audio, { overMs: 150 })).toEqual([]);
  });

  it('is cut by uuid_break: the innermost sound and then all it was nested in', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    const tokens = [await esl.execute(uuid, 'playback', 'silence_stream://-1'), await esl.execute(uuid, 'playback', endless(440))];
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    tokens.push(await esl.execute(uuid, 'playback', endless(1500)));
    await call.audio.waitForTone(1500, { withinMs: 2_000 });
    expect(await esl.api(`uuid_break ${uuid}`)).toBe('+OK\n');
    for (const token of tokens) expect(await esl.completed(token)).toMatchObject({ 'Application-Response': 'FILE PLAYED' });
    await call.audio.waitForSilence({ withinMs: 2_000 });
    const ended = esl.events.map(({ headers }) => headers).filter((headers) => headers['Event-Name'] === 'CHANNEL_EXECUTE_COMPLETE')
      .map((headers) => headers['Application-UUID'] ?? '').filter((token) => tokens.includes(token));
    expect(ended).toEqual([...tokens].reverse());
    expect(esl.find({ 'Event-Name': 'PLAYBACK_STOP', 'Playback-File-Path': endless(440) })).toMatchObject({ 'Playback-Status': 'break' });
  });

  it('is cut by a terminator key that uuid_recv_dtmf presses: the innermost sound alone', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    await esl.completed(await esl.execute(uuid, 'set', 'playback_terminators=F'));
    const base = await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    for (const hz of [1500, 2100]) {
      const over = await esl.execute(uuid, 'playback', endless(hz));
      const heardAt = await call.audio.waitForTone(hz, { withinMs: 2_000 });
      expect(await esl.api(`uuid_recv_dtmf ${uuid} F`)).toBe(`+OK ${uuid} received DTMF F.\n`);
      expect(await esl.completed(over)).toMatchObject({ 'Application-Response': 'FILE PLAYED' });
      await call.audio.waitForTone(440, { withinMs: 2_000, fromAt: heardAt });
    }
    expect(esl.find({ 'Application-UUID': base, 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE' })).toBeUndefined();
    expect(gapReport(call.audio, { overMs: 150 })).toEqual([]);
  });

  it('waits behind an application with event-lock', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    const first = await esl.execute(uuid, 'playback', 'tone_stream://%(400,0,600)', { 'event-lock': 'true' });
    const second = await esl.execute(uuid, 'playback', 'tone_stream://%(300,0,900)');
    await call.audio.waitForTone(600, { withinMs: 2_000 });
    expect(esl.find({ 'Application-UUID': second })).toBeUndefined();
    await esl.completed(first);
    await call.audio.waitForTone(900, { withinMs: 2_000 });
    await esl.completed(second);
  });

  it('answers FILE NOT FOUND for what is not there', async () => {
    const esl = await stage.esl();
    const { uuid } = await stage.channel();
    const token = await esl.execute(uuid, 'playback', inDirectory('nothing.wav'));
    expect(await esl.completed(token)).toMatchObject({ 'Application-Response': 'FILE NOT FOUND' });
  });

  it('plays a file_string without a gap, and any rate and channel count', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel({ codec: 'PCMA' });
    const [one, two] = [inDirectory('one.wav'), inDirectory('two.wav')];
    await writeTone(one, 500, 300);
    await writeTone(two, 1100, 300);
    const token = await esl.execute(uuid, 'playback', `file_string://${one}!${two}!tone_stream://%(200,0,1900)`);
    await call.audio.waitForTone(1900, { withinMs: 3_000 });
    await esl.completed(token);
    const firstAt = call.audio.firstTimeOf(500) ?? 0;
    const lastAt = call.audio.lastTimeOf(1900) ?? 0;
    // 800 ms of sound: the last of 40 packets arrives 780 ms after the first, give or take the arrival of packets
    expect(lastAt - firstAt).toBeGreaterThan(700);
    expect(lastAt - firstAt).toBeLessThan(900);
    expect(esl.names(uuid).filter((name) => name === 'PLAYBACK_START')).toHaveLength(1);
    expect(call.audio.packets[0]?.payloadType).toBe(8);
  });

  it('reports keys, and a terminator ends a playback only where one is set', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    const token = await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    await call.sendDigits('*5');
    await esl.event({ 'Event-Name': 'DTMF', 'Unique-ID': uuid, 'DTMF-Digit': '5', 'DTMF-Source': 'RTP' });
    expect(esl.events.filter(({ headers }) => headers['Event-Name'] === 'DTMF').map(({ headers }) => headers['DTMF-Digit']))
      .toEqual(['*', '5']);
    expect(esl.find({ 'Application-UUID': token, 'Event-Name': 'CHANNEL_EXECUTE_COMPLETE' })).toBeUndefined();
    await esl.execute(uuid, 'set', 'playback_terminators=#');
    await call.sendDigits('#');
    await esl.completed(token);
  });

  it('sends keys as RFC 4733 events inside one unbroken stream', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    await esl.execute(uuid, 'playback', endless(440));
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    expect(await esl.api(`uuid_send_dtmf ${uuid} 12w#@100`)).toMatch(/^\+OK/);
    await call.audio.waitForDigits('12#', { withinMs: 4_000 });
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    expect(gapReport(call.audio, { overMs: 150 })).toEqual([]);
  });

  it('is collected keys for play_and_get_digits', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    const args = `1 4 1 4000 # ${endless(440)} silence_stream://100 choice \\d+ 1000`;
    const token = await esl.execute(uuid, 'play_and_get_digits', args);
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    await call.sendDigits('42#');
    expect(await esl.completed(token)).toMatchObject({ variable_choice: '42', variable_read_terminator_used: '#' });
  });

  it('is the same place of a shared stream for every listener, in either law', async () => {
    const music = inDirectory('music');
    await mkdir(music, { recursive: true });
    await writeTone(join(music, 'a.wav'), 400, 1_000);
    await writeTone(join(music, 'b.wav'), 1300, 1_000);
    if (!target.embedded) return;
    const own = await startTarget({ localStreams: { hold: music } });
    const there = new Stage(own);
    try {
      const esl = await there.esl();
      const [one, two] = [await there.channel(), await there.channel({ codec: 'PCMA' })];
      await esl.execute(one.uuid, 'playback', 'local_stream://hold');
      await esl.execute(two.uuid, 'playback', 'local_stream://hold');
      const turns = async (call: typeof one.call): Promise<number> => {
        await call.audio.waitForTone(400, { withinMs: 3_000 });
        return call.audio.waitForTone(1300, { withinMs: 3_000 });
      };
      const [first, second] = await Promise.all([turns(one.call), turns(two.call)]);
      expect(Math.abs(first - second)).toBeLessThan(100);
    } finally {
      await there.clear();
      await own.stop();
    }
  });
});
