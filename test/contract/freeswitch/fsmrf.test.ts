import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Mrf from 'drachtio-fsmrf';
import DrachtioSrf from 'drachtio-srf';
import { startSipServer } from '../../../src/embedded/sip-server';
import { Phone } from '../../../src/phone';
import { startTarget, type Target, writeTone } from './target';

/** What these tests use of drachtio-fsmrf, which ships no declarations for it. */
interface Endpoint {
  readonly uuid: string;
  readonly local: { readonly sdp: string; readonly mediaPort: string };
  readonly remote: { readonly sdp: string };
  readonly dtmfType: string;
  play(file: string | string[]): Promise<{ playbackMilliseconds: string }>;
  playCollect(options: { file: string; min: number; max: number; timeout?: number }): Promise<{ digits: string }>;
  record(file: string, options: { timeLimitSecs: number }): Promise<{ recordMilliseconds: string }>;
  set(values: Record<string, string>): Promise<void>;
  getChannelVariables(media: boolean): Promise<Record<string, string>>;
  bridge(other: Endpoint): Promise<unknown>;
  unbridge(): Promise<unknown>;
  modify(sdp: string): Promise<unknown>;
  api(command: string, args: string): Promise<{ body: string }>;
  destroy(): Promise<unknown>;
  on(event: string, listener: (event: Record<string, string>) => void): void;
}

interface CallerDialog {
  on(event: 'destroy', listener: () => void): void;
}

interface Server {
  readonly sip: { readonly ipv4: { readonly udp: { readonly address: string } } };
  readonly conn: { readonly socket: { setNoDelay(on: boolean): void } };
  connectCaller(request: unknown, response: unknown): Promise<{ endpoint: Endpoint; dialog: CallerDialog }>;
  createEndpoint(options?: { remoteSdp?: string }): Promise<Endpoint>;
  api(command: string): Promise<string>;
  disconnect(): void;
}

type MrfClass = new (srf: unknown) => { connect(options: Record<string, unknown>): Promise<Server> };

interface Srf {
  connect(options: Record<string, unknown>): void;
  disconnect(): void;
  on(event: string, listener: (error: unknown) => void): void;
  invite(listener: (request: unknown, response: unknown) => void): void;
}

/** drachtio-fsmrf as its users use it, over our SIP server, or over a real drachtio-server given in DRACHTIO_HOST. */
describe('drachtio-fsmrf', () => {
  let media: Target;
  let srf: Srf;
  let server: Server;
  let phone: Phone;
  let directory: string;
  let sipUri: string;
  let onInvite: (request: unknown, response: unknown) => void = () => undefined;
  const stops: (() => unknown)[] = [];
  /** Callers and media servers are two legs: whoever joined them ends the other one, or its channel stays for ever. */
  const endings: Promise<unknown>[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-fsmrf-'));
    media = await startTarget();
    const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, HOLDFAST_SIP_PORT } = process.env;
    let admin = { host: DRACHTIO_HOST ?? '', port: Number(DRACHTIO_PORT ?? 9022), secret: DRACHTIO_SECRET ?? 'cymru' };
    sipUri = `sip:1000@${DRACHTIO_HOST ?? ''}:${HOLDFAST_SIP_PORT ?? 5060}`;
    if (!DRACHTIO_HOST) {
      const at = { host: '127.0.0.1', port: 0 };
      const sip = await startSipServer({ sip: at, admin: { ...at, secret: 'fsmrf' } });
      stops.push(() => sip.stop());
      admin = { ...sip.admin, secret: 'fsmrf' };
      sipUri = `sip:1000@127.0.0.1:${sip.sip.port}`;
    }
    srf = new DrachtioSrf();
    srf.invite((request, response) => onInvite(request, response));
    await new Promise<void>((resolve, reject) => {
      srf.on('connect', (error) => (error ? reject(error) : resolve()));
      srf.connect(admin);
    });
    const { host: address, port, secret } = media.esl;
    server = await new (Mrf as unknown as MrfClass)(srf).connect({ address, port, secret, listenAddress: '127.0.0.1' });
    phone = await Phone.start({ codec: ['PCMU', 'PCMA'] });
  });

  afterAll(async () => {
    await phone.stop();
    await Promise.all(endings);
    server.disconnect();
    srf.disconnect();
    for (const stop of stops) await stop();
    await media.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** A caller of the phone, connected to a new endpoint. */
  async function caller(play?: { tone: number }): Promise<{ endpoint: Endpoint; call: Awaited<ReturnType<Phone['call']>> }> {
    const connected = new Promise<Endpoint>((resolve, reject) => {
      onInvite = (request, response) => {
        server.connectCaller(request, response).then(({ endpoint, dialog }) => {
          endings.push(new Promise<void>((ended) => dialog.on('destroy', ended)).then(() => endpoint.destroy()));
          resolve(endpoint);
        }, reject);
      };
    });
    const call = await phone.call(sipUri, play === undefined ? {} : { play });
    const [endpoint] = await Promise.all([connected, call.untilAnswered({ withinMs: 5_000 })]);
    return { endpoint, call };
  }

  it('finds the profile, connects a caller and plays one file and several', async () => {
    expect(server.sip.ipv4.udp.address).toMatch(/^[\d.]+:\d+$/);
    const { endpoint, call } = await caller();
    const [one, two] = [join(directory, 'one.wav'), join(directory, 'two.wav')];
    await writeTone(one, 500, 300);
    await writeTone(two, 1100, 300);
    const playing = endpoint.play([one, two]);
    await call.audio.waitForTone(500, { withinMs: 3_000 });
    await call.audio.waitForTone(1100, { withinMs: 3_000 });
    await playing;
    expect(Number((await endpoint.play(`tone_stream://%(200,0,700)`)).playbackMilliseconds)).toBe(200);
    await expect(endpoint.play(join(directory, 'nothing.wav'))).rejects.toThrow('File Not Found');
    await call.hangup();
  });

  it('collects keys, tells of each, and reads variables back', async () => {
    const { endpoint, call } = await caller();
    const keys: string[] = [];
    endpoint.on('dtmf', ({ dtmf }) => keys.push(dtmf ?? ''));
    const collecting = endpoint.playCollect({ file: 'tone_stream://%(5000,0,440)', min: 1, max: 3, timeout: 3000 });
    await call.audio.waitForTone(440, { withinMs: 3_000 });
    await call.sendDigits('123');
    expect((await collecting).digits).toBe('123');
    expect(keys).toEqual(['1', '2', '3']);
    await endpoint.set({ hf_one: '1', hf_two: 'zwei' });
    const variables = await endpoint.getChannelVariables(true);
    expect(variables).toMatchObject({ variable_hf_one: '1', variable_hf_two: 'zwei' });
    expect(Number(variables['variable_rtp_audio_in_packet_count'])).toBeGreaterThan(0);
    await call.hangup();
  });

  it('bridges two callers and parts them again', async () => {
    const a = await caller({ tone: 500 });
    const b = await caller({ tone: 1300 });
    await a.endpoint.bridge(b.endpoint);
    await Promise.all([
      a.call.audio.waitForTone(1300, { withinMs: 3_000 }), b.call.audio.waitForTone(500, { withinMs: 3_000 }),
    ]);
    await a.endpoint.unbridge();
    await Promise.all([a, b].map(({ call }) => call.audio.waitForSilence({ withinMs: 3_000 })));
    const gone = new Promise((resolve) => a.endpoint.on('destroy', resolve));
    await a.endpoint.api('uuid_kill', a.endpoint.uuid);
    await gone;
    await Promise.all([a.call.hangup(), b.call.hangup()]);
  });

  // FreeSWITCH offers DTLS where it makes the offer, which drachtio-fsmrf refuses to hand on.
  const itEmbedded = process.env['FREESWITCH_ESL'] === undefined ? it : it.skip;

  itEmbedded('creates an endpoint without SDP and gives it its far end later', async () => {
    const one = await server.createEndpoint();
    const two = await server.createEndpoint({ remoteSdp: one.local.sdp });
    await one.modify(two.local.sdp);
    expect((await one.getChannelVariables(true))['variable_remote_media_port']).toBe(two.local.mediaPort);
    await Promise.all([one.destroy(), two.destroy()]);
  });
});
