import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveCalls, Scope } from '../../../src/calls';
import { DrachtioConnection, type SipDialog } from '../../../src/dialogs';
import { type Clock, newUuid, systemClock } from '../../../src/lib';
import { AudioLibrary, MediaChannel, MediaEndpoint, type MediaPool, Speech, TEMPLATE_SDP } from '../../../src/media';
import { EventSocket } from '../../../src/media/event-socket';
import { encodeWav } from '../../../src/protocol/wav';
import { LegDialer, OutboundDestinations } from '../../../src/signaling';
import type { TenantDirectory } from '../../../src/tenancy';
import { createGuardPolicy } from '../../../src/webhooks';
import type { Verb } from '../../../src/twiml';
import { stageCall } from '../../unit/interpreter/fake-call';
import { FakeDrachtio } from './fake-drachtio';
import { FakeEventSocket } from './fake-event-socket';

/** A program that repeats for ever is cut after so many sounds. */
const MOST_SOUNDS = 3;

/** The interpreter, the media room and the signalling room of a gateway, with both wires judged byte for byte. */
export class Rig {
  readonly eventSocket = new FakeEventSocket();
  readonly drachtio = new FakeDrachtio();
  readonly #directory = mkdtempSync(join(tmpdir(), 'holdfast-injection-'));
  readonly #library = new AudioLibrary(join(this.#directory, 'audio'));
  readonly #speech = new Speech({
    provider: {
      fingerprint: 'silence', choose: (voice) => ({ voice: voice ?? 'man', fellBack: false }),
      synthesize: async () => ({ sampleRate: 8_000, channels: 1, samples: new Int16Array(8) }),
      start: async () => undefined, stop: async () => undefined,
    },
    directory: join(this.#directory, 'speech'), maxTextLength: 4_096,
  });
  #media: EventSocket | undefined;
  #signalling: DrachtioConnection | undefined;

  async start(): Promise<void> {
    this.#media = new EventSocket(await this.eventSocket.start(), systemClock, 60_000);
    await this.#media.open();
    this.#signalling = new DrachtioConnection(await this.drachtio.start());
    await this.#signalling.start();
  }

  async stop(): Promise<void> {
    this.#media?.close();
    this.#signalling?.stop();
    await this.#library.stop();
    await Promise.all([this.eventSocket.stop(), this.drachtio.stop()]);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** A channel of the fake media server. */
  async channel(): Promise<MediaEndpoint> {
    const endpoint = this.#endpoint();
    await endpoint.start();
    return endpoint;
  }

  #endpoint(): MediaEndpoint {
    if (!this.#media) throw new Error('not started');
    const dialog = { on: () => () => undefined, bye: async () => undefined, id: 'dialog' } as unknown as SipDialog;
    const facts = { uuid: newUuid(), serverName: 'media', localSdp: TEMPLATE_SDP, remoteSdp: TEMPLATE_SDP };
    return new MediaEndpoint(new MediaChannel(facts, this.#media, dialog, systemClock), systemClock, 1_000);
  }

  /** Runs the verbs as the program of an answered call; `clock` is the program's, not that of the wires. */
  async run(verbs: readonly Verb[], endpoint: MediaEndpoint, clock: Clock): Promise<void> {
    const { context, call } = this.#stage(endpoint, clock);
    const scope = new Scope(call.signal);
    let sounds = 0;
    endpoint.play = (source, signal) => {
      sounds += 1;
      if (sounds > MOST_SOUNDS) scope.interrupt({ kind: 'superseded' });
      return MediaEndpoint.prototype.play.call(endpoint, source, signal);
    };
    // The command is judged; nobody waits for the tones.
    endpoint.sendDigits = (digits) => {
      const hurry = new AbortController();
      const sent = MediaEndpoint.prototype.sendDigits.call(endpoint, digits, hurry.signal);
      hurry.abort();
      return sent;
    };
    await context.runDocument({ document: { verbs }, url: context.documentUrl }, { ...context, signal: scope.signal });
    scope.close();
  }

  #stage(endpoint: MediaEndpoint, clock: Clock): ReturnType<typeof stageCall> {
    // Nothing a tenant writes reaches the channel of a leg before its far end has answered, and here none does.
    const pool = { createEndpoint: async () => this.#endpoint() } as unknown as MediaPool;
    const tenants = {
      ownNumber: async () => undefined, outboundTrunk: async () => ({ name: 'out', outbound: { host: '192.0.2.9', port: 5060 } }),
    } as unknown as TenantDirectory;
    const wav = encodeWav({ sampleRate: 8_000, channels: 1, samples: new Int16Array(80) });
    const webhooks = {
      request: async ({ url }: { url: string }) =>
        ({ outcome: 'response', status: 200, headers: {}, contentType: 'audio/wav', body: wav, url, durationMs: 1 }),
    };
    const staged = stageCall({ pool, webhooks, audio: this.#library, speech: this.#speech, clock, defaultQueueSize: 1_000 }, false);
    const dialer = new LegDialer({
      drachtio: this.#signalling, pool, tenants, calls: new LiveCalls(), programs: { run: () => undefined },
      callPorts: { clock, events: staged.ports.events, save: () => undefined, report: () => undefined },
      destinations: new OutboundDestinations({ resolve: async () => ['192.0.2.8'], resolveServices: async () => [] }),
      policyFor: async () => createGuardPolicy({ allowPrivate: ['0.0.0.0/0', '::/0'] }), alert: () => undefined, refused: () => undefined,
      admission: { admitLeg: async () => 'admitted' },
    } as unknown as ConstructorParameters<typeof LegDialer>[0]);
    const ports = { ...staged.ports, dialer };
    staged.call.connected(endpoint);
    return { ...staged, ports, context: { ...staged.context, ports, media: async () => endpoint } };
  }
}
