import { rms, toneShare } from '../../../src/phone';
import { eventually } from '../../support/eventually';
import { gapReport } from '../../support/gap-report';
import type { EslClient } from './esl-client';
import { endless, setTheStage, Stage, startTarget, type TestChannel } from './target';

describe('bridging two channels', () => {
  const { stage, target } = setTheStage();
  let esl: EslClient;

  beforeEach(async () => {
    esl = await stage.esl();
  });

  async function bridge(a: TestChannel, b: TestChannel): Promise<void> {
    expect(await esl.api(`uuid_bridge ${a.uuid} ${b.uuid}`)).toBe(`+OK ${b.uuid}\n`);
    await esl.event({ 'Event-Name': 'CHANNEL_BRIDGE', 'Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid });
  }

  it.each([['PCMU', 'PCMU'], ['PCMU', 'PCMA'], ['PCMA', 'PCMU']] as const)(
    'lets %s and %s hear each other, cuts what played, and each stream stays one stream', async (lawOfA, lawOfB) => {
      const a = await stage.channel({ codec: lawOfA }, { play: { tone: 500 } });
      const b = await stage.channel({ codec: lawOfB }, { play: { tone: 1300 } });
      const music = await esl.execute(a.uuid, 'playback', endless(440));
      await a.call.audio.waitForTone(440, { withinMs: 2_000 });
      await bridge(a, b);
      const stopped = await esl.completed(music);
      const names = esl.names();
      expect(stopped['Application-Response']).toBe('PLAYBACK ERROR'); // not a break: see mod_dptools
      expect(names.lastIndexOf('CHANNEL_EXECUTE_COMPLETE')).toBeLessThan(names.indexOf('CHANNEL_BRIDGE'));
      await Promise.all([
        a.call.audio.waitForTone(1300, { withinMs: 2_000 }), b.call.audio.waitForTone(500, { withinMs: 2_000 }),
      ]);
      await eventually(() => expect(a.call.audio.hears(440)).toBe(false));
      // read in the wrong law a tone keeps its pitch, but neither its purity nor its level
      await eventually(() => {
        for (const [heard, hz] of [[a.call.audio.latest(100), 1300], [b.call.audio.latest(100), 500]] as const) {
          expect(toneShare(heard, hz)).toBeGreaterThan(0.97);
          expect(rms(heard)).toBeCloseTo(0.25 * 32_767 * Math.SQRT1_2, -3);
        }
      });
      expect([gapReport(a.call.audio, { overMs: 150 }), gapReport(b.call.audio, { overMs: 150 })]).toEqual([[], []]);
      expect(new Set(a.call.audio.packets.map(({ payloadType }) => payloadType))).toEqual(new Set([lawOfA === 'PCMU' ? 0 : 8]));
    },
  );

  it('tells anybody who asks whom a channel is bridged with, and that it is not any more', async () => {
    const a = await stage.channel({}, { play: { tone: 500 } });
    const b = await stage.channel({}, { play: { tone: 1300 } });
    const partnerOf = (channel: TestChannel): Promise<string> => esl.api(`uuid_getvar ${channel.uuid} bridge_to`);
    await esl.execute(a.uuid, 'playback', endless(440));
    expect(await Promise.all([partnerOf(a), partnerOf(b)])).toEqual(['_undef_', '_undef_']);
    await bridge(a, b);
    await a.call.audio.waitForTone(1300, { withinMs: 2_000 });
    expect(await Promise.all([partnerOf(a), partnerOf(b)])).toEqual([b.uuid, a.uuid]);
    await esl.api(`uuid_transfer ${a.uuid} park inline`);
    await eventually(async () => expect(await Promise.all([partnerOf(a), partnerOf(b)])).toEqual(['_undef_', '_undef_']));
    expect(await esl.api('uuid_getvar 00000000-0000-0000-0000-000000000000 bridge_to')).toMatch(/^-ERR/);
  });

  it('keeps the headers of the INVITE that made a channel as variables, which can be written', async () => {
    const channel = await stage.channel({}, { headers: { 'X-Holdfast-Gateway': 'gateway-1' } });
    const owner = (): Promise<string> => esl.api(`uuid_getvar ${channel.uuid} sip_h_X-Holdfast-Gateway`);
    expect(await owner()).toBe('gateway-1');
    await esl.api(`uuid_setvar ${channel.uuid} sip_h_X-Holdfast-Gateway gateway-2`);
    expect(await owner()).toBe('gateway-2');
    // FreeSWITCH lists a channel a moment after it is there.
    await eventually(async () => {
      const { rows = [] } = JSON.parse(await esl.api('show channels as json')) as { rows?: { uuid: string }[] };
      expect(rows.map(({ uuid }) => uuid)).toContain(channel.uuid);
    });
  });

  it('parks the other leg when one hangs up, and it can play again', async () => {
    const a = await stage.channel({}, { play: { tone: 500 } });
    const b = await stage.channel({}, { play: { tone: 1300 } });
    await bridge(a, b);
    await a.call.audio.waitForTone(1300, { withinMs: 2_000 });
    await b.call.hangup();
    await esl.event({ 'Event-Name': 'CHANNEL_UNBRIDGE', 'Unique-ID': a.uuid });
    await esl.event({ 'Event-Name': 'CHANNEL_HANGUP_COMPLETE', 'Unique-ID': b.uuid, 'Hangup-Cause': 'NORMAL_CLEARING' });
    await a.call.audio.waitForSilence({ withinMs: 2_000 });
    expect(esl.names(a.uuid).at(-1)).toBe('CHANNEL_PARK');
    await esl.execute(a.uuid, 'playback', endless(700));
    await a.call.audio.waitForTone(700, { withinMs: 2_000 });
    expect(gapReport(a.call.audio, { overMs: 150 })).toEqual([]);
  });

  it('parts both legs by uuid_transfer -both park inline', async () => {
    const a = await stage.channel({}, { play: { tone: 500 } });
    const b = await stage.channel({}, { play: { tone: 1300 } });
    await bridge(a, b);
    await b.call.audio.waitForTone(500, { withinMs: 2_000 });
    expect(await esl.api(`uuid_transfer ${a.uuid} -both park inline`)).toMatch(/^\+OK/);
    await Promise.all([a, b].map(({ call }) => call.audio.waitForSilence({ withinMs: 2_000 })));
    await Promise.all([a, b].map(({ uuid }) => esl.event({ 'Event-Name': 'CHANNEL_PARK', 'Unique-ID': uuid })));
    expect(await esl.api(`uuid_exists ${a.uuid}`)).toBe('true');
    expect(await esl.api(`uuid_exists ${b.uuid}`)).toBe('true');
  });

  it('lets a leg leave bridges as often as an agent has callers in a month', async () => {
    const agent = await stage.channel({}, { play: { tone: 500 } });
    // Each is what a bridge is left by; FreeSWITCH counts them down from Max-Forwards unless it is told of another number.
    for (let left = 0; left < 100; left += 1) expect(await esl.api(`uuid_transfer ${agent.uuid} park inline`)).toMatch(/^\+OK/);
    expect(await esl.api(`uuid_exists ${agent.uuid}`)).toBe('true');
  });

  it('gives the keys of one leg to the other, with their events', async () => {
    const a = await stage.channel();
    const b = await stage.channel();
    await bridge(a, b);
    await a.call.sendDigits('7#');
    await b.call.audio.waitForDigits('7#', { withinMs: 3_000 });
    await esl.event({ 'Event-Name': 'DTMF', 'Unique-ID': a.uuid, 'DTMF-Digit': '7' });
  });

  it('takes a leg away from an older bridge, whose other leg parks', async () => {
    const [a, b, c] = [
      await stage.channel({}, { play: { tone: 500 } }), await stage.channel({}, { play: { tone: 1300 } }),
      await stage.channel({}, { play: { tone: 2100 } }),
    ];
    await bridge(a, b);
    await a.call.audio.waitForTone(1300, { withinMs: 2_000 });
    await bridge(a, c);
    await a.call.audio.waitForTone(2100, { withinMs: 2_000 });
    await b.call.audio.waitForSilence({ withinMs: 2_000 });
    expect(await esl.api(`uuid_exists ${b.uuid}`)).toBe('true');
  });

  it('refuses unknown channels, and a stale owner by its epoch', async () => {
    const a = await stage.channel({}, { play: { tone: 500 } });
    const b = await stage.channel({}, { play: { tone: 1300 } });
    expect(await esl.api(`uuid_bridge ${a.uuid} nobody`)).toBe('-ERR Invalid uuid\n');
    expect(await esl.api(`uuid_setvar ${a.uuid} hf_epoch 12`)).toBe('+OK\n');
    const fenced = (epoch: number): string =>
      `expand uuid_bridge \${cond(\${uuid_getvar(${a.uuid} hf_epoch)} == ${epoch} ? ${a.uuid} : stale)} ${b.uuid}`;
    expect(await esl.api(fenced(11))).toBe('-ERR Invalid uuid\n');
    expect(await esl.api(fenced(12))).toBe(`+OK ${b.uuid}\n`);
    await a.call.audio.waitForTone(1300, { withinMs: 2_000 });
  });

  it('keeps a bridge when its controllers die, and then its last leg parks for ever', async () => {
    const a = await stage.channel({}, { play: { tone: 500 } });
    const b = await stage.channel({}, { play: { tone: 1300 } });
    await bridge(a, b);
    a.controller.close();
    b.controller.close();
    await a.call.audio.waitForTone(1300, { withinMs: 2_000 });
    await b.call.hangup();
    await a.call.audio.waitForSilence({ withinMs: 2_000 });
    expect(await esl.api(`uuid_exists ${a.uuid}`)).toBe('true');
  });

  it('works across two media threads as well', async () => {
    if (!target.embedded) return;
    const own = await startTarget({ workers: 2 });
    const there = new Stage(own);
    try {
      const client = await there.esl();
      const a = await there.channel({}, { play: { tone: 500 } });
      const b = await there.channel({ codec: 'PCMA' }, { play: { tone: 1300 } });
      await client.api(`uuid_bridge ${a.uuid} ${b.uuid}`);
      await Promise.all([
        a.call.audio.waitForTone(1300, { withinMs: 2_000 }), b.call.audio.waitForTone(500, { withinMs: 2_000 }),
      ]);
      await b.call.sendDigits('9');
      await a.call.audio.waitForDigits('9', { withinMs: 2_000 });
      await client.api(`uuid_transfer ${a.uuid} -both park inline`);
      await Promise.all([a, b].map(({ call }) => call.audio.waitForSilence({ withinMs: 2_000 })));
      expect([gapReport(a.call.audio, { overMs: 150 }), gapReport(b.call.audio, { overMs: 150 })]).toEqual([[], []]);
    } finally {
      await there.clear();
      await own.stop();
    }
  });
});
