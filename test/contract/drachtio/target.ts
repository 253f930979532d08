import DrachtioSrf from 'drachtio-srf';
import { startSipServer } from '../../../src/embedded/sip-server';
import { type Clock, systemClock } from '../../../src/lib';
import { Metrics, silentLogger } from '../../../src/platform/telemetry';
import { Relay } from '../../../src/relay';
import { type DropHook, type SipTiming, UserAgent, type UserAgentOptions } from '../../../src/sip-stack';
import { Stops } from '../../support/stops';

/**
 * The server under test: a real drachtio-server when DRACHTIO_HOST and its companions are set, else the embedded one.
 */
export interface Target {
  readonly embedded: boolean;
  readonly sip: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number; readonly secret: string };
  stop(): Promise<void>;
}

/** Short timers only where they are ours to set; with a real server every wait is that of RFC 3261. */
export const timing = { t1Ms: 50, t2Ms: 200, t4Ms: 200 };

/** Whether a relay stands between the applications and the server (`relayed/`). */
export const RELAYED = Boolean(process.env['HOLDFAST_TEST_RELAY']);

export async function startTarget(...options: Parameters<typeof startServer>): Promise<Target> {
  const server = await startServer(...options);
  return RELAYED ? withRelay(server) : server;
}

/** The same server behind a relay: only what comes after the death of an application may be different. */
async function withRelay(server: Target): Promise<Target> {
  const secret = 'secret-of-the-relay';
  const relay = new Relay({
    drachtio: server.admin, listen: { host: '127.0.0.1', port: 0, secret }, holdMs: 1_000, silenceMs: 7_000,
    clock: systemClock, metrics: new Metrics({ rooms: ['relay'] }), log: silentLogger(),
  });
  const admin = await relay.start();
  return {
    ...server,
    admin: { ...admin, secret },
    stop: async () => {
      relay.stop();
      await server.stop();
    },
  };
}

async function startServer(
  drop?: DropHook, timers: Partial<SipTiming> = timing, clock?: Clock,
): Promise<Target> {
  const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, HOLDFAST_SIP_HOST, HOLDFAST_SIP_PORT } = process.env;
  if (DRACHTIO_HOST) {
    return {
      embedded: false,
      sip: { host: HOLDFAST_SIP_HOST || '127.0.0.1', port: Number(HOLDFAST_SIP_PORT || 5060) },
      admin: { host: DRACHTIO_HOST, port: Number(DRACHTIO_PORT ?? 9022), secret: DRACHTIO_SECRET ?? 'cymru' },
      stop: async () => undefined,
    };
  }
  const secret = 'contract-secret';
  const server = await startSipServer({
    sip: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0, secret },
    timing: timers,
    ...(drop === undefined ? {} : { drop }),
    ...(clock === undefined ? {} : { clock }),
  });
  return { embedded: true, sip: server.sip, admin: { ...server.admin, secret }, stop: () => server.stop() };
}

/** What the tests use of drachtio-srf's messages. */
export interface Message {
  readonly body: string;
  readonly status: number;
  readonly method: string;
  readonly uri: string;
  readonly source: string;
  readonly source_port: string | number;
  readonly receivedOn: string;
  readonly stackDialogId: string;
  readonly stackTxnId: string;
  get(name: string): string | undefined;
  on(event: string, listener: (...args: never[]) => void): void;
  cancel(): void;
}

export interface Answer {
  send(status: number, options?: { headers?: Record<string, string>; body?: string }): void;
}

export interface SrfDialog {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { readonly sdp: string };
  readonly remote: { readonly sdp: string };
  destroy(options?: { headers?: Record<string, string> }): Promise<unknown>;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<Message>;
  on(event: string, listener: (...args: never[]) => void): void;
}

type UacProgress = { cbRequest?(error: unknown, request: Message): void; cbProvisional?(response: Message): void };

export interface Srf {
  connect(options: Record<string, unknown>): void;
  disconnect(): void;
  on(event: string, listener: (...args: never[]) => void): void;
  invite(listener: (request: Message, response: Answer) => void): void;
  options(listener: (request: Message, response: Answer) => void): void;
  register(listener: (request: Message, response: Answer) => void): void;
  createUAS(request: Message, response: Answer, options: { localSdp: string; headers?: Record<string, string> }): Promise<SrfDialog>;
  createUAC(uri: string, options: Record<string, unknown>, progress?: UacProgress): Promise<SrfDialog>;
  createB2BUA(
    request: Message, response: Answer, uri: string, options: Record<string, unknown>,
  ): Promise<{ uas: SrfDialog; uac: SrfDialog }>;
  request(uri: string, options: Record<string, unknown>, callback: (error: { code?: string } | null, sent: Message) => void): void;
}

/** An application that is not connected yet: register its verbs, then `connect`. */
export function newApp(): Srf {
  const srf = new DrachtioSrf() as unknown as Srf;
  srf.on('error', () => undefined);
  return srf;
}

/** Resolves when the server has accepted the secret, with the addresses it told; rejects when it has not. */
export function connect(srf: Srf, target: Target, secret = target.admin.secret): Promise<string> {
  return new Promise((resolve, reject) => {
    srf.on('connect', (error: unknown, hostport: string) => (error ? reject(error) : resolve(hostport)));
    srf.connect({ host: target.admin.host, port: target.admin.port, secret });
  });
}

/** Messages are dealt with in order: when this one, in a dialog that nobody knows, is answered, routes are registered. */
function routesTaken(srf: Srf): Promise<void> {
  return new Promise((resolve) => {
    srf.request('sip:placeholder', { method: 'INFO', stackDialogId: 'nobody;from-tag=nobody' }, () => resolve());
  });
}

/** Everything a test started, stopped together after it. */
export class Stage extends Stops {
  async app(target: Target, prepare: (srf: Srf) => void = () => undefined): Promise<Srf> {
    const srf = newApp();
    prepare(srf);
    await connect(srf, target);
    await routesTaken(srf);
    const disconnect = srf.disconnect.bind(srf);
    let connected = true;
    // drachtio-srf throws on a second one; a test may have had the first.
    srf.disconnect = () => {
      if (connected) disconnect();
      connected = false;
    };
    this.after(() => srf.disconnect());
    return srf;
  }

  async peer(
    user: string, drop?: DropHook, timing?: SipTiming, more: UserAgentOptions = {},
  ): Promise<{ agent: UserAgent; uri: string }> {
    const agent = new UserAgent({
      user, ...more, ...(drop === undefined ? {} : { drop }), ...(timing === undefined ? {} : { timing }),
    });
    const { host, port } = await agent.start({ host: '127.0.0.1', port: 0 });
    this.after(() => agent.stop());
    return { agent, uri: `sip:${user}@${host}:${port}` };
  }
}

/** The stage of a test file, cleared after each test, and the server under test, which runs from `beforeAll` on. */
export function setTheStage(...options: Parameters<typeof startTarget>): { readonly stage: Stage; readonly target: Target } {
  const stage = new Stage();
  let started: Target | undefined;
  const running = (): Target => {
    if (!started) throw new Error('the server under test does not run yet');
    return started;
  };
  beforeAll(async () => {
    started = await startTarget(...options);
  });
  afterEach(() => stage.clear());
  afterAll(() => started?.stop());
  const target: Target = {
    get embedded() {
      return running().embedded;
    },
    get sip() {
      return running().sip;
    },
    get admin() {
      return running().admin;
    },
    stop: () => running().stop(),
  };
  return { stage, target };
}

/** Loses the first `times` messages in this direction that begin with `start` and contain `part`. */
export function losing(direction: 'in' | 'out', start: string, times: number, part = ''): DropHook & { lost(): number } {
  let lost = 0;
  const hook: DropHook = (passing) => {
    const text = passing.bytes.toString('latin1');
    const hit = passing.direction === direction && lost < times && text.startsWith(start) && text.includes(part);
    if (hit) lost += 1;
    return hit;
  };
  return Object.assign(hook, { lost: () => lost });
}

export const uriAt = (target: Target, user: string): string => `sip:${user}@${target.sip.host}:${target.sip.port}`;

export const sdp = (name: string): string =>
  `v=0\r\no=${name} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;
