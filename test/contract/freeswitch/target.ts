import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMediaServer } from '../../../src/embedded/media-server';
import type { MediaServerOptions } from '../../../src/embedded/media-server';
import { newUuid } from '../../../src/lib';
import { type CallOptions, type OutgoingPhoneCall, Phone, type PhoneOptions, saveWav, toneSource } from '../../../src/phone';
import { freePorts } from '../../support/free-ports';
import { Stops } from '../../support/stops';
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
export class Stage extends Stops {
  #sipAddress: string | undefined;

  constructor(readonly target: Target) {
    super();
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
    const headers = { 'User-Agent': `drachtio-fsmrf:${newUuid()}`, 'X-esl-outbound': listener.address, ...options.headers };
    const call = await caller.call(`sip:drachtio@${await this.sipAddress()}`, { ...options, headers });
    await call.untilAnswered({ withinMs: 5_000 });
    const controller = await arriving;
    const data = await controller.connect();
    return { uuid: data['Channel-Unique-ID'] ?? '', call, controller };
  }
}

/** The stage of a test file, cleared after each test, and the server under test, which runs from `beforeAll` on. */
export function setTheStage(options: Partial<MediaServerOptions> = {}): { readonly stage: Stage; readonly target: Target } {
  let started: Target | undefined;
  const running = (): Target => {
    if (!started) throw new Error('the server under test does not run yet');
    return started;
  };
  const target: Target = {
    get embedded() {
      return running().embedded;
    },
    get esl() {
      return running().esl;
    },
    stop: () => running().stop(),
  };
  const stage = new Stage(target);
  beforeAll(async () => {
    started = await startTarget(options);
  });
  afterEach(() => stage.clear());
  afterAll(() => started?.stop());
  return { stage, target };
}

/** A directory of a test file's own: the path of a name in it. */
export function temporaryDirectory(): (name: string) => string {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}

/** A tone that goes on until it is stopped. */
export const endless = (hz: number): string => `tone_stream://%(1000,0,${hz});loops=-1`;

/** A WAV file of `ms` of one tone, 8 kHz mono. */
export async function writeTone(path: string, hz: number, ms: number): Promise<void> {
  const samples = new Int16Array(ms * 8);
  toneSource({ tone: hz }).fill(samples);
  await saveWav(path, samples);
}
