import { startMediaServer } from '../../../src/embedded/media-server';
import type { MediaServerOptions } from '../../../src/embedded/media-server';
import { newUuid } from '../../../src/lib';
import { type CallOptions, type OutgoingPhoneCall, Phone, type PhoneOptions, saveWav, toneSource } from '../../../src/phone';
import { freePorts } from '../../support/free-ports';
import { EslClient, OutboundListener } from './esl-client';

/** The server under test: a real FreeSWITCH when FREESWITCH_ESL is `host:port:secret`, else the embedded one. */
export interface Target {
  readonly embedded: boolean;
  readonly esl: { readonly host: string; readonly port: number; readonly secret: string };
  stop(): Promise<void>;
}

export async function startTarget(options: Partial<MediaServerOptions> = {}): Promise<Target> {
  const outside = process.env['FREESWITCH_ESL'];
  if (outside !== undefined) {
    const [host = '127.0.0.1', port = '8021', secret = 'ClueCon'] = outside.split(':');
    return { embedded: false, esl: { host, port: Number(port), secret }, stop: async () => undefined };
  }
  const rtpPortMin = await freePorts(40);
  const secret = 'contract-secret';
  const server = await startMediaServer({ secret, rtpPortMin, rtpPortMax: rtpPortMin + 39, ...options });
  return { embedded: true, esl: { ...server.eslAddress, secret }, stop: () => server.stop() };
}

/** A channel of the media server with the phone at its far end. */
export interface TestChannel {
  readonly uuid: string;
  readonly call: OutgoingPhoneCall;
  /** The application's outbound socket; closing it is the application's death. */
  readonly controller: EslClient;
}

/** Controllers, phones and channels of one test, ended together. */
export class Stage {
  readonly #stops: (() => void | Promise<void>)[] = [];
  #sipAddress: string | undefined;

  constructor(readonly target: Target) {}

  after(stop: () => void | Promise<void>): void {
    this.#stops.push(stop);
  }

  async clear(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async esl(events = 'ALL'): Promise<EslClient> {
    const client = await EslClient.open(this.target.esl, events);
    this.after(() => client.close());
    return client;
  }

  async phone(options: PhoneOptions = {}): Promise<Phone> {
    const phone = await Phone.start(options);
    this.after(() => phone.stop());
    return phone;
  }

  async sipAddress(): Promise<string> {
    if (this.#sipAddress === undefined) {
      const client = await EslClient.open(this.target.esl, 'HEARTBEAT');
      const status = await client.api('sofia status');
      client.close();
      this.#sipAddress = /^\s*drachtio_mrf\s.*sip:mod_sofia@([\d.]+:\d+)/m.exec(status)?.[1] ?? 'none';
    }
    return this.#sipAddress;
  }

  /** Places a call as drachtio-fsmrf would, with the phone in the place of drachtio and the caller at once. */
  async channel(phone: PhoneOptions = {}, options: CallOptions = {}): Promise<TestChannel> {
    const listener = await OutboundListener.start();
    this.after(() => listener.stop());
    const arriving = listener.next();
    const caller = await this.phone(phone);
    const headers = { 'User-Agent': `drachtio-fsmrf:${newUuid()}`, 'X-esl-outbound': listener.address };
    const call = await caller.call(`sip:drachtio@${await this.sipAddress()}`, { headers, ...options });
    await call.untilAnswered({ withinMs: 5_000 });
    const controller = await arriving;
    const data = await controller.connect();
    return { uuid: data['Channel-Unique-ID'] ?? '', call, controller };
  }
}

/** A WAV file of `ms` of one tone, 8 kHz mono. */
export async function writeTone(path: string, hz: number, ms: number): Promise<void> {
  const samples = new Int16Array(ms * 8);
  toneSource({ tone: hz }).fill(samples);
  await saveWav(path, samples);
}
