import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import twilio from 'twilio';
import { decodeWav } from '../../../src/protocol/wav';
import { parseDocument } from '../../../src/twiml';

const TOKEN = 'a-token-for-this-test';
let server: ChildProcess;
let base: string;

beforeAll(async () => {
  const script = join(__dirname, '../../../examples/support-queue/server.js');
  // Port 0 cannot be told beforehand, so the URL that is signed is given apart from the address that is asked.
  const env = { ...process.env, PORT: '0', AUTH_TOKEN: TOKEN, BASE_URL: 'http://support.example' };
  server = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  if (server.stdout === null) throw new Error('no stdout');
  const [line] = await once(createInterface({ input: server.stdout }), 'line') as [string];
  base = line.replace('ready http=', '');
});
afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
});

async function ask(path: string, params: Record<string, string> = {}, token = TOKEN): Promise<Response> {
  const signature = twilio.getExpectedTwilioSignature(token, `http://support.example${path}`, params);
  return fetch(base + path, {
    method: 'POST', body: new URLSearchParams(params), headers: { 'x-twilio-signature': signature },
  });
}

async function verbs(path: string, params: Record<string, string> = {}): Promise<string[]> {
  const parsed = parseDocument(await (await ask(path, params)).text());
  if (!parsed.ok) throw new Error(parsed.message);
  expect(parsed.warnings).toEqual([]);
  return parsed.document.verbs.map(({ name }) => name);
}

describe('the support queue example', () => {
  it('refuses a request that the gateway did not sign', async () => {
    expect((await ask('/support', {}, 'another-token')).status).toBe(403);
    expect((await ask('/nothing')).status).toBe(404);
  });

  it.each([
    ['/support', {}, ['Say', 'Enqueue']],
    ['/wait', { QueuePosition: '3' }, ['Gather']],
    ['/wait-key', { Digits: '*' }, ['Leave']],
    ['/wait-key', { Digits: '5' }, ['Redirect']],
    ['/after-queue', { QueueResult: 'bridged' }, ['Say', 'Hangup']],
    ['/agent', {}, ['Say', 'Dial']],
    ['/whisper', {}, ['Say']],
    ['/after-dial', { DialCallStatus: 'completed' }, ['Say', 'Hangup']],
    ['/menu', {}, ['Gather', 'Say', 'Redirect']],
    ['/menu-choice', { Digits: '1' }, ['Redirect']],
    ['/menu-choice', { Digits: '2' }, ['Say', 'Redirect']],
  ])('answers %s with %j by TwiML that we understand without a warning', async (path, params, expected) => {
    expect(await verbs(path, params)).toEqual(expected);
  });

  it('tells the caller the place in the queue', async () => {
    expect(await (await ask('/wait', { QueuePosition: '3' })).text()).toContain('You are caller number 3.');
  });

  it('says goodbye by the QueueResult', async () => {
    const texts = await Promise.all(['bridged', 'leave', 'queue-full', 'error'].map(async (QueueResult) =>
      (await ask('/after-queue', { QueueResult })).text()));
    expect(new Set(texts).size).toBe(4);
  });

  it('serves music for the wait as a WAV file that is not clipped', async () => {
    const answer = await fetch(`${base}/music.wav`);
    const decoded = decodeWav(Buffer.from(await answer.arrayBuffer()));
    if (decoded.outcome === 'invalid') throw new Error(decoded.reason);
    expect(decoded.audio).toMatchObject({ sampleRate: 8_000, channels: 1 });
    expect(decoded.audio.samples.length / 8_000).toBeGreaterThan(20);
    const peak = decoded.audio.samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(peak).toBeGreaterThan(3_000);
    expect(peak).toBeLessThan(32_000);
  });
});
