// Receives RTP streams and says how they came; sends silence back where it is told to. On few ports, because what is measured
// is the sender. Loss, order and content are judged here, lateness against each stream's own grid of 20 ms.
import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { answerAsked } from '../harness/asked.mjs';
import { room } from '../harness/dist.mjs';
import { quantile } from '../harness/measured.mjs';

const { decodeG711 } = room('protocol/g711');
const { rms, SILENCE_RMS, toneShare } = room('phone');
const { writeRtpHeader, RTP_HEADER_BYTES } = room('protocol/rtp');

const [HOST, PORTS, FRAME_MS, PHASES] = ['127.0.0.1', 64, 20, 4];
/** One packet in so many is listened to. */
const LISTENED = 50;
const DRAIN_MS = 500;

const sockets = await Promise.all(Array.from({ length: PORTS }, async () => {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4), recvBufferSize: 4 * 1024 * 1024 });
  await new Promise((resolve) => socket.bind(0, HOST, resolve));
  socket.on('message', take);
  socket.on('error', () => undefined); // ECONNREFUSED: the channel has just ended.
  return socket;
}));

let [streams, capacity, hz] = [undefined, 0, 0];

/**
 * Reports go to the port above a stream's, which may be that of another of our sockets (RFC 5761 section 4 tells them apart): each
 * second of their NTP timestamps was taken for a stream, 1118 of 1110.
 */
const isRtcp = (bytes) => bytes[1] >= 192 && bytes[1] <= 223;

function take(bytes) {
  if (!streams || isRtcp(bytes)) return;
  const at = performance.now();
  const ssrc = bytes.readUInt32BE(8);
  const sequence = bytes.readUInt16BE(2);
  let stream = streams.get(ssrc);
  if (!stream) streams.set(ssrc, stream = { first: sequence, at: new Float64Array(capacity), count: 0, disorder: 0, wrong: 0 });
  const place = (sequence - stream.first) & 0xffff;
  if (place !== stream.count) stream.disorder += 1;
  if (place >= capacity) return;
  stream.at[place] = at;
  stream.count = place + 1;
  if (place % LISTENED !== 0) return;
  const samples = decodeG711((bytes[1] & 0x7f) === 8 ? 'PCMA' : 'PCMU', bytes.subarray(12));
  if (rms(samples) < SILENCE_RMS || toneShare(samples, hz) < 0.5) stream.wrong += 1;
}

/** Against the grid on which its earliest packet is in time, ms. */
function latenessOf({ at, count }) {
  let earliest = Infinity;
  for (let place = 0; place < count; place += 1) if (at[place] > 0) earliest = Math.min(earliest, at[place] - place * FRAME_MS);
  const late = [];
  for (let place = 0; place < count; place += 1) if (at[place] > 0) late.push(at[place] - place * FRAME_MS - earliest);
  return late;
}

let talking;
answerAsked({
  ports: () => sockets.map((socket) => socket.address().port),
  /** Talks silence to each of `ports` from the socket that hears it, as callers do; none ends it. */
  talk({ to }) {
    clearInterval(talking);
    if (to.length === 0) return;
    const packet = Buffer.alloc(RTP_HEADER_BYTES + 160, 0xff);
    const startedAt = performance.now();
    let step = 0;
    talking = setInterval(() => {
      for (; step * (FRAME_MS / PHASES) <= performance.now() - startedAt; step += 1) {
        const frame = Math.floor(step / PHASES);
        for (let number = step % PHASES; number < to.length; number += PHASES) {
          writeRtpHeader(packet, { payloadType: 0, marker: false, sequence: frame & 0xffff, timestamp: (frame * 160) >>> 0, ssrc: number + 1 });
          const { socket, port } = to[number];
          sockets[socket].send(Buffer.from(packet), port, HOST, () => undefined);
        }
      }
    }, FRAME_MS / PHASES);
  },
  async record({ ms, tone }) {
    // What came while the last record was judged, for up to a second, lies in the sockets still and would count as late.
    await pause(DRAIN_MS);
    // Twice as many as there should be: what a stall has held back comes as well.
    [streams, capacity, hz] = [new Map(), Math.ceil((2 * ms) / FRAME_MS), tone];
    await pause(ms);
    const heard = [...streams.values()];
    streams = undefined;
    const late = heard.flatMap(latenessOf);
    const sum = (of) => heard.reduce((total, stream) => total + of(stream), 0);
    return {
      streams: heard.length, packets: late.length, disorder: sum(({ disorder }) => disorder), wrong: sum(({ wrong }) => wrong),
      fewest: Math.min(...heard.map(({ count }) => count)),
      p50: quantile(late, 0.5), p99: quantile(late, 0.99), p999: quantile(late, 0.999), worst: quantile(late, 1),
    };
  },
});
process.stdout.write('ready\n');
