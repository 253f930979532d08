import { type SipServer, startSipServer } from '../../src/embedded/sip-server';
import { type Clock, systemClock } from '../../src/lib';
import { Metrics, silentLogger } from '../../src/platform/telemetry';
import { Relay, type RelayOptions } from '../../src/relay';
import { type CallEnd, type IncomingCall, type OutgoingCall, UserAgent } from '../../src/sip-stack';
import { RawApp } from './raw-app';
import { Stops } from './stops';

export const SECRET = 'secret-of-the-relay';
export const SDP = 'v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
export const SERVER_SECRET = 'secret-of-the-server';
const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** A real SIP server, relays before it, applications behind those, and phones. Cleared after each test. */
export class RelayStage extends Stops {
  metrics = new Metrics({ rooms: ['relay'] });

  override async clear(): Promise<void> {
    await super.clear();
    this.metrics = new Metrics({ rooms: ['relay'] });
  }

  async server(adminPort = 0): Promise<SipServer> {
    const admin = { host: '127.0.0.1', port: adminPort, secret: SERVER_SECRET };
    const server = await startSipServer({ sip: LOOPBACK, admin, timing: { t1Ms: 50, t2Ms: 200, t4Ms: 200 } });
    this.after(() => server.stop());
    return server;
  }

  async relay(
    admin: SipServer['admin'], options: Partial<RelayOptions> & { readonly clock?: Clock } = {},
  ): Promise<{ readonly relay: Relay; readonly address: { readonly host: string; readonly port: number } }> {
    const relay = new Relay({
      drachtio: { ...admin, secret: SERVER_SECRET }, listen: { ...LOOPBACK, secret: SECRET }, holdMs: 5_000, silenceMs: 7_000,
      clock: systemClock, metrics: this.metrics, log: silentLogger(), ...options,
    });
    this.after(() => relay.stop());
    return { relay, address: await relay.start() };
  }

  /** An application that has said the secret, its name if it has one, and the verbs that it wants. */
  async app(relay: { readonly host: string; readonly port: number }, name = '', ...verbs: string[]): Promise<RawApp> {
    const app = new RawApp(relay);
    this.after(() => void app.socket.destroy());
    await app.ask(`authenticate|${SECRET}|`);
    if (name !== '') await app.ask(`hello|${name}`);
    for (const verb of verbs) await app.ask(`route|${verb}`);
    return app;
  }

  async phone(user = 'ann'): Promise<{ readonly agent: UserAgent; readonly uri: string }> {
    const agent = new UserAgent({ user });
    const { host, port } = await agent.start(LOOPBACK);
    this.after(() => agent.stop());
    return { agent, uri: `sip:${user}@${host}:${port}` };
  }

  /** What becomes of one metric, as its text. */
  async metric(name: string): Promise<string[]> {
    return (await this.metrics.text()).split('\n').filter((line) => line.startsWith(name));
  }
}

export const uriOf = ({ sip: { host, port } }: SipServer, user = '1000'): string => `sip:${user}@${host}:${port}`;

/** What a caller hears, in order: statuses, and how it ended. */
export function heardBy(call: OutgoingCall): string[] {
  const heard: string[] = [];
  call.on('provisional', ({ status }) => heard.push(String(status)));
  call.on('accepted', ({ status }) => heard.push(String(status)));
  call.on('rejected', ({ status }) => heard.push(String(status)));
  call.on('failed', (reason) => heard.push(reason));
  call.on('ended', ({ by }: CallEnd) => heard.push(`ended by ${by}`));
  return heard;
}

/** What a callee hears, in order. */
export function heardByCallee(call: IncomingCall): string[] {
  const heard: string[] = [];
  call.on('cancelled', () => heard.push('cancelled'));
  call.on('ack', () => heard.push('ack'));
  call.on('ended', ({ by }) => heard.push(`ended by ${by}`));
  return heard;
}

/** Messages of applications. */
export const say = {
  response: (txn: string, status: string, body = ''): string =>
    `sip|${txn}|\r\nSIP/2.0 ${status}\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}\r\n${body}`,
  inDialog: (dialogId: string, method: string, body = ''): string =>
    `sip||${dialogId}\r\n${method} sip:placeholder SIP/2.0\r\n${body === '' ? '' : 'Content-Type: application/sdp\r\n'}\r\n${body}`,
  invite: (uri: string): string => `sip||\r\nINVITE ${uri} SIP/2.0\r\nContent-Type: application/sdp\r\n\r\n${SDP}`,
  cancel: (txn: string): string => `sip|${txn}|\r\nCANCEL sip:placeholder SIP/2.0\r\n\r\n`,
};
