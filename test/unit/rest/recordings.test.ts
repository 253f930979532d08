import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordingShelf } from '../../../src/media';
import { encodeWav } from '../../../src/protocol/wav';
import { askRest, restAccount, type RestServer, startRestServer } from '../../support/rest-server';
import { toneSamples } from '../../support/tones';

const ACCOUNT = restAccount(`AC${'1'.repeat(32)}`);
const OTHER = restAccount(`AC${'2'.repeat(32)}`);
const CALL = `CA${'1'.repeat(32)}`;
const SOUND = encodeWav({ sampleRate: 8_000, channels: 1, samples: toneSamples({ tone: 440 }, 300) });

describe('recordings by HTTP', () => {
  let directory: string;
  let server: RestServer;
  let sid: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-recordings-'));
    const shelf = new RecordingShelf({ directory, publicUrl: () => 'https://gateway.test' });
    const place = await shelf.newPlace(ACCOUNT.sid);
    await writeFile(place.path, SOUND);
    await shelf.keep(place, { callSid: CALL, source: 'DialVerb', track: 'both', startedAt: 1_700_000_000_000 }, false);
    sid = place.sid;
    const tenants = { account: (one: string) => Promise.resolve([ACCOUNT, OTHER].find((account) => account.sid === one)) };
    server = await startRestServer({ tenants, recordings: shelf });
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const get = (name: string, { account = ACCOUNT.sid, credentials = `${ACCOUNT.sid}:${ACCOUNT.authToken}`, method = 'GET' } = {}) =>
    askRest(`${server.baseUrl}/2010-04-01/Accounts/${account}/Recordings/${name}`, credentials, { method });

  it('are given to their account: the sound, and what is known of it', async () => {
    for (const name of [sid, `${sid}.wav`]) {
      const answer = await get(name);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'audio/x-wav']);
      expect(Buffer.from(await answer.arrayBuffer()).equals(SOUND)).toBe(true);
    }
    expect(await (await get(`${sid}.json`)).json()).toMatchObject({
      sid, account_sid: ACCOUNT.sid, call_sid: CALL, duration: '0', channels: 1, source: 'DialVerb', status: 'completed',
      start_time: 'Tue, 14 Nov 2023 22:13:20 +0000',
    });
    const head = await get(sid, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([200, String(SOUND.length), 0]);
  });

  it.each([
    ['none', ''], ['a wrong token', `${ACCOUNT.sid}:tokem`], ['those of another account', `${OTHER.sid}:${OTHER.authToken}`],
  ])('are given to nobody with %s', async (_which, credentials) => {
    const answer = await get(sid, { credentials });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Holdfast"']);
    expect(await answer.json()).toMatchObject({ code: 20003, status: 401 });
  });

  it('are not found under another account, nor by anything but their SID', async () => {
    const other = { account: OTHER.sid, credentials: `${OTHER.sid}:${OTHER.authToken}` };
    const names = [`${sid}.mp3`, `${sid}.exe`, 'RE1', `..%2F${ACCOUNT.sid}%2F${sid}`, `${sid}%00`, '__proto__'];
    const answers = await Promise.all([get(sid, other), ...names.map((name) => get(name))]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect(await answers[0]?.json()).toMatchObject({ code: 20404, more_info: 'https://www.twilio.com/docs/errors/20404' });
  });
});
