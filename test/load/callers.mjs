import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { room } from '../bench/harness/dist.mjs';
import { Listening } from './listening.mjs';
import { justStoodStillMs, machineMs } from './own-stalls.mjs';

const { UserAgent } = room('sip-stack');
const { offerAudio, parseAudioSdp } = room('protocol/sdp');
const { decodeRtp, writeRtpHeader, RTP_HEADER_BYTES } = room('protocol/rtp');
const { encodeG711 } = room('protocol/g711');
const { PacingWheel, silenceSource, toneSource } = room('phone');

const [HOST, FRAME] = ['127.0.0.1', 160];
/** Packets of a tone until it repeats; silence is one of them. */
const TONE_FRAMES = 50;
const literalLookup = (host, _options, done) => done(null, host, 4);

/** Many callers on one SIP port, without the sound memory of a phone: what they hear becomes numbers at once. */
export class Callers {
  #agent = new UserAgent({ user: 'load', userAgent: 'Holdfast load' });
  #wheel = new PacingWheel();
  #frames = new Map();
  live = new Set();

  async start() {
    await this.#agent.start({ host: HOST, port: 0 });
    return this;
  }

  /**
   * `says`: Hz, or 0 for silence, undefined sends nothing. `hears`: tones in Hz that are listened for. Resolves when the INVITE
   * is out; the call emits `answered`, `heard` (hz, at), `ended` ('us', 'them' or the status of a refusal).
   */
  async call(uri, { from = 'load', says = 0, hears = [] } = {}) {
    const media = await openMedia(this.#wheel, says === undefined ? undefined : this.#framesOf(says));
    const call = new Caller(this.#agent, media, uri, from, hears);
    this.live.add(call);
    call.once('ended', () => this.live.delete(call));
    return call;
  }

  async stop() {
    await Promise.allSettled([...this.live].map((call) => call.hangUp()));
    await this.#agent.stop();
  }

  #framesOf(hz) {
    const known = this.#frames.get(hz);
    if (known) return known;
    const source = hz === 0 ? silenceSource : toneSource({ tone: hz });
    const frames = Array.from({ length: hz === 0 ? 1 : TONE_FRAMES }, () => {
      const samples = new Int16Array(FRAME);
      source.fill(samples);
      return encodeG711('PCMU', samples);
    });
    this.#frames.set(hz, frames);
    return frames;
  }
}

class Caller extends EventEmitter {
  invitedAt = machineMs();
  answeredAt;
  endedBy;
  #sip;
  #media;

  constructor(agent, media, uri, from, hears) {
    super();
    this.#media = media;
    this.listening = new Listening(hears, (hz, at) => this.emit('heard', hz, at));
    media.onPacket = (packet, at) => this.listening.take(packet, at, justStoodStillMs());
    const origin = { username: '-', id: '1', version: 1 };
    const body = offerAudio({ address: HOST, port: media.port, origin, codecs: ['PCMU'] });
    this.#sip = agent.invite({ uri, from: `<sip:${from}@${HOST}>`, body });
    this.#sip.on('accepted', (response) => {
      this.answeredAt = machineMs();
      const parsed = parseAudioSdp(response.body.toString());
      if (parsed.outcome !== 'audio') return this.#end('no audio in the answer');
      media.aim(parsed.audio.address, parsed.audio.port);
      this.emit('answered', this.answeredAt - this.invitedAt);
    });
    this.#sip.on('rejected', ({ status }) => this.#end(String(status)));
    this.#sip.on('failed', (why) => this.#end(why));
    this.#sip.on('ended', ({ by }) => this.#end(by === 'local' ? 'us' : 'them'));
    // A re-INVITE that moves the audio would need following; the gateway sends callers none.
    this.#sip.onReinvite((reinvite) => reinvite.reject(488));
  }

  get answered() {
    return this.answeredAt !== undefined;
  }

  /** Whether it hears `hz` within so long, before it ends or `signal` is aborted. */
  async heardTone(hz, withinMs, signal) {
    const heard = () => this.listening.heardAt.has(hz);
    if (heard()) return true;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        for (const event of ['heard', 'ended']) this.off(event, look);
        signal.removeEventListener('abort', done);
        resolve(heard());
      };
      const look = () => (heard() || this.endedBy !== undefined) && done();
      const timer = setTimeout(done, withinMs);
      for (const event of ['heard', 'ended']) this.on(event, look);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  async hangUp() {
    if (this.endedBy !== undefined) return;
    if (!this.answered) {
      this.#sip.cancel();
      await once(this, 'ended');
      return;
    }
    this.#media.close();
    await this.#sip.bye();
    this.#end('us');
  }

  #end(by) {
    if (this.endedBy !== undefined) return;
    this.endedBy = by;
    this.#media.close();
    this.emit('ended', by);
  }
}

/** One RTP port: sends frames over and over as one stream, hands over what arrives. */
async function openMedia(wheel, frames) {
  const socket = createSocket({ type: 'udp4', lookup: literalLookup });
  await new Promise((resolve, reject) => socket.once('error', reject).bind(0, HOST, resolve));
  socket.removeAllListeners('error');
  let [target, leave, sent] = [undefined, undefined, 0];
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  const packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME);
  // ECONNREFUSED: the far end has closed its port before we have.
  socket.on('error', () => undefined);
  const media = {
    port: socket.address().port,
    onPacket: () => undefined,
    aim(address, port) {
      target = { address, port };
      if (frames) leave ??= wheel.join(beat);
    },
    close() {
      leave?.();
      leave = undefined;
      if (target !== null) socket.close();
      target = null;
    },
  };
  const beat = () => {
    writeRtpHeader(packet, { payloadType: 0, marker: sent === 0, sequence: sent & 0xffff, timestamp: (sent * FRAME) >>> 0, ssrc });
    packet.set(frames[sent % frames.length], RTP_HEADER_BYTES);
    sent += 1;
    // A copy: the socket may keep it for later.
    socket.send(Buffer.from(packet), target.port, target.address, () => undefined);
  };
  socket.on('message', (bytes) => {
    const decoded = decodeRtp(bytes);
    if (decoded.outcome !== 'invalid') media.onPacket(decoded.packet, machineMs());
  });
  return media;
}
