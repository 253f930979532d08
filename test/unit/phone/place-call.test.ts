import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IncomingPhoneCall, Phone, placeCall, readCallRequest, readWavSamples } from '../../../src/phone';
import { frameShare } from '../../support/channel-samples';
import { eventually } from '../../support/eventually';

describe('a call from the terminal', () => {
  let callee: Phone;
  let directory: string;
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);

  beforeEach(async () => {
    lines.length = 0;
    callee = await Phone.start({ user: 'callee' });
    directory = await mkdtemp(join(tmpdir(), 'holdfast-phone-'));
  });
  afterEach(async () => {
    await callee.stop();
    await rm(directory, { recursive: true });
  });

  const requestOf = (more: Record<string, string> = {}) =>
    readCallRequest({ TO: '1000', HOLDFAST_SIP_PORT: String(callee.port), ...more });

  it('tells ringing, answer, what it hears and the end, presses keys, records, and exits 0', async () => {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const recordTo = join(directory, 'heard.wav');
    const request = requestOf({ PLAY: 'tone:440', RECORD: recordTo, DIGITS: '1,2#', FROM: '5551234' });
    const code = placeCall(request, { tell, signal: new AbortController().signal });
    const call = await incoming;
    expect([call.from, call.to]).toEqual(['5551234', '1000']);
    call.ring();
    await call.answer({ play: { tone: 800 } });
    await call.audio.waitForTone(440, { withinMs: 2_000 });
    await call.audio.waitForDigits('12#', { withinMs: 4_000 });
    await eventually(() => expect(lines).toContain('hearing a tone of about 800 Hz'));
    await call.hangup();
    expect(await code).toBe(0);
    expect(lines[0]).toBe(`calling sip:1000@127.0.0.1:${callee.port}`);
    expect(lines[1]).toMatch(/^ringing \(180\) after \d+ ms$/);
    expect(lines[2]).toMatch(/^answered in \d+ ms/);
    expect(lines).toContain('pressed 1w2#');
    expect(lines.at(-2)).toMatch(/^ended by the far end after \d+\.\d s$/);
    expect(lines.at(-1)).toMatch(/^recorded \d+\.\d s to /);
    expect(frameShare(await readWavSamples(recordTo), 800)).toBeGreaterThan(0.9);
    expect((await readFile(recordTo)).toString('latin1', 0, 4)).toBe('RIFF');
  });

  it('says BYE and exits 0 when interrupted in the call', async () => {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const interrupted = new AbortController();
    const code = placeCall(requestOf(), { tell, signal: interrupted.signal });
    const call = await incoming;
    await call.answer();
    await eventually(() => expect(lines.at(-1)).toMatch(/^answered/));
    interrupted.abort();
    expect(await call.untilEnded({ withinMs: 2_000 })).toMatchObject({ by: 'them', status: 200 });
    expect(await code).toBe(0);
    expect(lines.at(-1)).toMatch(/^ended by us after/);
  });

  it('cancels and exits 1 when interrupted while it rings', async () => {
    const incoming = callee.nextIncoming({ withinMs: 2_000 });
    const interrupted = new AbortController();
    const code = placeCall(requestOf(), { tell, signal: interrupted.signal });
    const call: IncomingPhoneCall = await incoming;
    call.ring();
    await eventually(() => expect(lines.at(-1)).toMatch(/^ringing/));
    interrupted.abort();
    expect(await call.untilEnded({ withinMs: 2_000 })).toMatchObject({ by: 'them', status: 487 });
    expect(await code).toBe(1);
    expect(lines.at(-1)).toBe('given up: cancelled');
  });

  it('hangs up by itself after SECONDS', async () => {
    callee.onIncoming((call) => void call.answer());
    expect(await placeCall(requestOf({ SECONDS: '0' }), { tell, signal: new AbortController().signal })).toBe(0);
    expect(lines.at(-1)).toMatch(/^ended by us/);
  });

  it('tells status and reason of a refusal and exits 1', async () => {
    callee.onIncoming((call) => call.reject(486));
    expect(await placeCall(requestOf(), { tell, signal: new AbortController().signal })).toBe(1);
    expect(lines.at(-1)).toBe('refused: 486 Busy Here');
  });

  it('says that nobody listens, at once, and exits 1', async () => {
    const request = requestOf();
    await callee.stop();
    expect(await placeCall(request, { tell, signal: new AbortController().signal })).toBe(1);
    expect(lines).toEqual([`nobody answers at 127.0.0.1:${callee.port}: is \`make run\` running?`]);
    callee = await Phone.start();
  });
});

describe('what the terminal asks for', () => {
  it('is a number at the local gateway or a whole SIP address', () => {
    expect(readCallRequest({ TO: '1000' })).toMatchObject({ uri: 'sip:1000@127.0.0.1:5060', play: 'silence' });
    expect(readCallRequest({ TO: '+1555' })).toMatchObject({ uri: 'sip:+1555@127.0.0.1:5060' });
    expect(readCallRequest({ TO: 'sip:bob@10.0.0.7:5070' })).toMatchObject({ host: '10.0.0.7', port: 5070 });
    expect(readCallRequest({ TO: 'bob@10.0.0.7' })).toMatchObject({ uri: 'sip:bob@10.0.0.7', port: 5060 });
    expect(readCallRequest({ TO: '1', PLAY: 'tone:440' }).play).toEqual({ tone: 440 });
    expect(readCallRequest({ TO: '1', PLAY: 'a.wav', SECONDS: '7' })).toMatchObject({ play: 'a.wav', talkMs: 7_000 });
  });

  it.each([
    [{}, 'say whom to call'],
    [{ TO: '1', DIGITS: '1x' }, 'DIGITS=1x'],
    [{ TO: '1', SECONDS: 'soon' }, 'SECONDS=soon'],
    [{ TO: '1', HOLDFAST_SIP_PORT: '99999' }, 'HOLDFAST_SIP_PORT=99999'],
    [{ TO: '1', PLAY: 'tone:9000' }, 'PLAY=tone=9000'],
    [{ TO: 'sip:' }, 'TO=sip:'],
  ])('is refused with the reason when it makes no sense: %j', (environment, reason) => {
    expect(() => readCallRequest(environment)).toThrow(reason);
  });
});
