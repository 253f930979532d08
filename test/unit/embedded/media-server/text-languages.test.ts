import type { AudioCodec } from '../../../../src/protocol/sdp';
import { evaluateCondition, expandText } from '../../../../src/embedded/media-server/api/expand';
import { readEnvironment } from '../../../../src/embedded/media-server/environment';
import { parseTarget } from '../../../../src/embedded/media-server/event-socket/outbound-socket';
import { Subscription } from '../../../../src/embedded/media-server/event-socket/subscription';
import { MediaNegotiation } from '../../../../src/embedded/media-server/sip/media-negotiation';
import { renderTones } from '../../../../src/embedded/media-server/sounds/tone-script';

describe('tone scripts', () => {
  const render = (script: string): Int16Array => {
    const rendered = renderTones(script);
    return rendered.outcome === 'tone' ? rendered.samples : new Int16Array(0);
  };

  it('render their steps one after the other at their level', () => {
    const samples = render('v=-10;%(100,50,440);v=-20;%(100,0,440)');
    expect(samples).toHaveLength(8 * 250);
    const peak = (from: number, to: number): number => Math.max(...samples.subarray(from * 8, to * 8));
    expect(peak(100, 150)).toBe(0);
    expect(peak(0, 100) / peak(150, 250)).toBeCloseTo(Math.sqrt(10), 1);
    expect(peak(0, 100)).toBeGreaterThan(7_000);
  });

  it('repeat with L and loop with loops', () => {
    expect(render('L=3;%(10,10,400,450)')).toHaveLength(8 * 60);
    expect(renderTones('%(10,10,400);loops=-1')).toMatchObject({ loops: -1 });
    expect(renderTones('%(10,10,400);loops=2')).toMatchObject({ loops: 2 });
  });

  it('say what they do not understand', () => {
    expect(renderTones('%(10,10,400);>=3').outcome).toBe('invalid');
    expect(renderTones('').outcome).toBe('invalid');
    expect(renderTones('%(1000000,0,400)').outcome).toBe('invalid');
  });
});

describe('conditions and expansion', () => {
  it.each([
    ['7 == 7 ? yes : no', 'yes'], ['7 == 8 ? yes : no', 'no'], ['a == a ? yes : no', 'yes'], ["'7' != '8' ? yes : no", 'yes'],
    ['9 >= 10 ? yes : no', 'no'], ['7 == 8 ? yes', ''], ['7 ? yes : no', '-ERR'],
    // mod_commands compares the length of a text with a number
    ['_undef_ == 7 ? yes : no', 'yes'], ["'_undef_' == '7' ? yes : no", 'no'],
  ])('cond %s is %s', (text, result) => {
    expect(evaluateCondition(text)).toBe(result);
  });

  it('replaces the innermost first', async () => {
    const run = async (line: string): Promise<string> => `<${line}>`;
    const globals = new Map([['where', 'here']]);
    expect(await expandText('a ${one(${two(x y)} z)} b ${where}${nowhere} ${open', run, globals)).toBe('a <one <two x y> z> b here ${open');
  });
});

describe('subscriptions', () => {
  it('know names with and without prefix, custom subclasses and all', () => {
    const subscription = new Subscription(() => undefined);
    subscription.add(['SWITCH_EVENT_PLAYBACK_START', 'DTMF', 'CUSTOM', 'conference::maintenance']);
    const wants = (name: string, subclass?: string): boolean => subscription.wants(name, subclass);
    expect([wants('PLAYBACK_START'), wants('DTMF'), wants('CUSTOM', 'conference::maintenance'), wants('CUSTOM', 'x'), wants('HEARTBEAT')])
      .toEqual([true, true, true, false, false]);
    subscription.remove(['DTMF']);
    expect(wants('DTMF')).toBe(false);
    expect([subscription.clear(), subscription.clear()]).toEqual([true, false]);
  });
});

describe('small texts', () => {
  it('are targets of outbound sockets', () => {
    expect(parseTarget('127.0.0.1:8084')).toEqual({ host: '127.0.0.1', port: 8084 });
    expect(parseTarget('[::1]:8084')).toEqual({ host: '::1', port: 8084 });
    expect(parseTarget('nowhere')).toBeUndefined();
  });

  it('are the environment, with all its problems at once', () => {
    const good = { HOLDFAST_ESL_SECRET: 's', HOLDFAST_LOCAL_STREAMS: 'hold=/a/b,other=/c' };
    expect(readEnvironment(good)).toMatchObject({
      outcome: 'options', options: { host: '127.0.0.1', sipPort: 5080, eslPort: 8021, localStreams: { hold: '/a/b', other: '/c' } },
    });
    const bad = readEnvironment({ HOLDFAST_ESL_PORT: 'x', HOLDFAST_LOCAL_STREAMS: 'hold', HOLDFAST_MEDIA_WORKERS: '0' });
    expect(bad.outcome === 'invalid' && bad.problems).toHaveLength(4);
  });

  it('name the codecs, and how long silence may last', () => {
    const read = (more: Record<string, string>): unknown => readEnvironment({ HOLDFAST_ESL_SECRET: 's', ...more });
    expect(read({})).toMatchObject({ options: { codecs: ['PCMU', 'PCMA', 'G722'], mediaTimeoutMs: 0 } });
    expect(read({ HOLDFAST_MEDIA_CODECS: 'g722, PCMA', HOLDFAST_MEDIA_TIMEOUT_MS: '60000' })).toMatchObject({
      options: { codecs: ['G722', 'PCMA'], mediaTimeoutMs: 60_000 },
    });
    const bad = read({ HOLDFAST_MEDIA_CODECS: 'PCMU,OPUS', HOLDFAST_MEDIA_TIMEOUT_MS: 'soon' });
    expect(bad).toMatchObject({ problems: [expect.stringContaining('OPUS'), expect.stringContaining('TIMEOUT')] });
  });
});

describe('offer and answer of a channel', () => {
  const offer = (port: number, codecs = '0 8'): string =>
    `v=0\r\no=x 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP ${codecs}\r\n`;
  const originOf = (sdp: string): string[] => /^o=\S+ (\d+) (\d+)/m.exec(sdp)?.slice(1) ?? [];

  it('keeps its o= line for the same answer and counts up for a new one', () => {
    const negotiation = new MediaNegotiation('127.0.0.1', 20_000, 1_700_000_000_000, ['PCMU', 'PCMA', 'G722']);
    const answers = [offer(4000), offer(4002), offer(4002, '8')].map((text) => negotiation.answer(text));
    const origins = answers.map((answer) => (answer.outcome === 'agreed' ? originOf(answer.negotiated.localSdp) : []));
    expect(origins[1]).toEqual(origins[0]);
    expect(Number(origins[2]?.[1])).toBe(Number(origins[0]?.[1]) + 1);
    expect(answers[2]).toMatchObject({ negotiated: { plan: { codec: 'PCMA', remotePort: 4002, sending: true } } });
    expect(negotiation.answer(offer(4000, '18'))).toEqual({ outcome: 'unacceptable' });
  });

  it('takes what we want most of several codecs, and G.722 from who has nothing else', () => {
    const codecOf = (codecs: string, ours: readonly AudioCodec[] = ['PCMU', 'PCMA', 'G722']): unknown => {
      const answer = new MediaNegotiation('127.0.0.1', 20_000, 0, ours).answer(offer(4000, codecs));
      return answer.outcome === 'agreed' ? [answer.negotiated.plan.codec, answer.negotiated.plan.payloadType] : answer;
    };
    expect(codecOf('18 9 3 8 0')).toEqual(['PCMU', 0]);
    expect(codecOf('18 9 4 8')).toEqual(['PCMA', 8]);
    expect(codecOf('18 9 13')).toEqual(['G722', 9]);
    expect(codecOf('0 8 9', ['G722', 'PCMU'])).toEqual(['G722', 9]);
    expect(codecOf('8 9', ['PCMU'])).toEqual({ outcome: 'unacceptable' });
  });

  it('offers and takes the answer', () => {
    const negotiation = new MediaNegotiation('127.0.0.1', 20_000, 1_700_000_000_000, ['PCMU', 'PCMA', 'G722']);
    expect(negotiation.offer()).toContain('m=audio 20000 RTP/AVP 0 8 9 101');
    const held = offer(5000, '8').replace('t=0 0', 't=0 0\r\na=sendonly');
    expect(negotiation.complete(held)).toMatchObject({ negotiated: { plan: { codec: 'PCMA', sending: false, receiving: true } } });
  });
});
