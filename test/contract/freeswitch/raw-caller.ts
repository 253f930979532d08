import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { newUuid } from '../../../src/lib';
import { decodeG711, encodeG711 } from '../../../src/protocol/g711';
import { G722Decoder, G722Encoder } from '../../../src/protocol/g722';
import { decodeRtp, encodeRtp, type RtpPacket } from '../../../src/protocol/rtp';
import { type OutgoingCall, type RequestResult, UserAgent } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { type EslClient, OutboundListener } from './esl-client';
import type { Stage } from './target';

export type WireCodec = 'PCMU' | 'PCMA' | 'G722';
const PAYLOAD_TYPES: Readonly<Record<WireCodec, number>> = { PCMU: 0, PCMA: 8, G722: 9 };

export interface RawCall {
  readonly uuid: string;
  readonly controller: EslClient;
  readonly peer: RawPeer;
  readonly sip: OutgoingCall;
  readonly answer: string;
  /** The server's RTP port. */
  readonly port: number;
  reinvite(sdp: string): Promise<RequestResult>;
  endedBy(): string | undefined;
}

/** One far end whose packets a test makes one by one. */
export class RawPeer {
  readonly received: (RtpPacket & { readonly at: number; readonly fromPort: number })[] = [];
  readonly rtcp: Buffer[] = [];
  readonly #rtp: Socket;
  readonly #control: Socket;
  #sequence = 1_000;
  #timestamp = 5_000;
  readonly #ssrc = randomInt(2 ** 32);
  #sample = 0;
  #encoder = new G722Encoder();
  target = 0;

  private constructor(rtp: Socket, control: Socket) {
    this.#rtp = rtp;
    this.#control = control;
    rtp.on('message', (bytes, from) => {
      const decoded = decodeRtp(Buffer.from(bytes));
      if (decoded.outcome === 'invalid') return;
      this.received.push({ ...decoded.packet, at: performance.now(), fromPort: from.port });
    });
    control.on('message', (bytes) => this.rtcp.push(bytes));
  }

  /** On an even port whose odd neighbour is free as well. */
  static async open(address = '127.0.0.1'): Promise<RawPeer> {
    for (;;) {
      const [rtp, control] = [createSocket('udp4'), createSocket('udp4')];
      rtp.bind(0, address);
      await once(rtp, 'listening');
      const bound = await new Promise<boolean>((resolve) => {
        if (rtp.address().port % 2 === 1) return resolve(false);
        control.once('error', () => resolve(false)).bind(rtp.address().port + 1, address, () => resolve(true));
      });
      if (bound) return new RawPeer(rtp, control);
      rtp.close();
      control.close();
    }
  }

  get port(): number {
    return this.#rtp.address().port;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /** An offer or answer of these payload types; `more` are lines of the audio stream. */
  sdp(formats: string, more: readonly string[] = [], { address = '127.0.0.1', version = 1, port = this.port } = {}): string {
    return ['v=0', `o=test 1 ${version} IN IP4 127.0.0.1`, 's=-', `c=IN IP4 ${address}`, 't=0 0',
      `m=audio ${port} RTP/AVP ${formats}`, ...more, ''].join('\r\n');
  }

  /** One 20 ms packet of a tone, with whatever is to be different about it. */
  sendTone(codec: WireCodec, hz: number, different: Partial<RtpPacket> = {}): void {
    const rate = codec === 'G722' ? 16_000 : 8_000;
    const samples = Int16Array.from({ length: rate / 50 }, (_, i) =>
      8_000 * Math.sin((2 * Math.PI * hz * (this.#sample + i)) / rate));
    this.#sample += samples.length;
    const payload = codec === 'G722' ? Buffer.from(this.#encoder.encode(samples)) : encodeG711(codec, samples);
    this.send({ payloadType: PAYLOAD_TYPES[codec], payload, ...different });
  }

  send({ payload = Buffer.alloc(160, 0xff), ...different }: Partial<RtpPacket>): void {
    const packet: RtpPacket = {
      payloadType: 0, marker: false, sequence: this.#sequence & 0xffff, timestamp: this.#timestamp >>> 0,
      ssrc: this.#ssrc, payload, ...different,
    };
    this.#sequence += 1;
    this.#timestamp += 160;
    this.#rtp.send(encodeRtp(packet), this.target, '127.0.0.1');
  }

  sendRtcp(bytes: Buffer): void {
    this.#control.send(bytes, this.target + 1, '127.0.0.1');
  }

  /** Time passes in silence without packets (discontinuous transmission). */
  skip(ms: number): void {
    this.#timestamp += ms * 8;
  }

  /** `count` packets, one every 20 ms. */
  async talk(codec: WireCodec, hz: number, count: number): Promise<void> {
    const start = performance.now();
    for (let i = 0; i < count; i += 1) {
      this.sendTone(codec, hz);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + (i + 1) * 20 - performance.now())));
    }
  }

  /** Until `done` is. */
  async talkUntil(codec: WireCodec, hz: number, done: Promise<unknown>): Promise<void> {
    const over = done.then(() => true);
    while (!(await Promise.race([over, this.talk(codec, hz, 1)]))) continue;
  }

  /** What came in the last `ms` as 8 kHz samples, in the codec of each packet; nothing when nothing came. */
  heard(ms = 400): Int16Array {
    const decoder = new G722Decoder();
    const from = performance.now() - ms;
    // Decoded from a second earlier, because a G.722 decoder needs a while to follow a stream it did not begin with.
    const audio = this.received.filter(({ payloadType, at }) => payloadType !== 101 && at > from - 1_000);
    return Int16Array.from(audio.flatMap(({ payloadType, payload, at }) => {
      const law = payloadType === 8 ? 'PCMA' : 'PCMU';
      const samples = payloadType === 9 ? decoder.decodeNarrow(payload) : decodeG711(law, payload);
      return at > from ? [...samples] : [];
    }));
  }

  close(): void {
    this.#rtp.close();
    this.#control.close();
  }
}

export class RawCaller {
  private constructor(private readonly stage: Stage, private readonly agent: UserAgent) {}

  static async start(stage: Stage): Promise<RawCaller> {
    const agent = new UserAgent({ user: 'raw' });
    await agent.start({ host: '127.0.0.1', port: 0 });
    stage.after(() => agent.stop());
    return new RawCaller(stage, agent);
  }

  /** Only the final answer: its status and its description. */
  async ask(sdp: string): Promise<{ readonly status: number; readonly sdp: string; readonly sip: OutgoingCall }> {
    const listener = await OutboundListener.start();
    this.stage.after(() => listener.stop());
    return this.#invite(sdp, listener.address);
  }

  async call(formats: string, more: readonly string[] = [], place: { address?: string; port?: number } = {}): Promise<RawCall> {
    const peer = await RawPeer.open();
    this.stage.after(() => peer.close());
    const listener = await OutboundListener.start();
    this.stage.after(() => listener.stop());
    const arriving = listener.next();
    const { sip, sdp: answer, status } = await this.#invite(peer.sdp(formats, more, place), listener.address);
    expect(status).toBe(200);
    let ended: string | undefined;
    sip.once('ended', (end) => {
      ended = end.by;
    });
    this.stage.after(async () => {
      if (ended === undefined) await sip.bye();
    });
    const controller = await arriving;
    const channel = await controller.connect();
    peer.target = Number(/^m=audio (\d+) /m.exec(answer)?.[1]);
    return {
      uuid: channel['Channel-Unique-ID'] ?? '', controller, peer, sip, answer, port: peer.target,
      reinvite: (sdp) => sip.reinvite({ body: sdp }),
      endedBy: () => ended,
    };
  }

  async #invite(sdp: string, socket: string): Promise<{ status: number; sdp: string; sip: OutgoingCall }> {
    const sip = this.agent.invite({
      uri: `sip:drachtio@${await this.stage.sipAddress()}`, body: sdp,
      headers: { 'User-Agent': `drachtio-fsmrf:${newUuid()}`, 'X-esl-outbound': socket },
    });
    let [status, answer] = [0, ''];
    sip.once('accepted', (response) => {
      [status, answer] = [response.status, response.body.toString()];
    });
    sip.once('rejected', (response) => {
      status = response.status;
    });
    await eventually(() => expect(status).toBeGreaterThan(0));
    return { status, sdp: answer, sip };
  }
}
