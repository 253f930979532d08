import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { room } from './dist.mjs';
import { freePorts } from './free-ports.mjs';
import { startProgram, stopAll } from './program.mjs';

const { saveWav, toneSource } = room('phone');
const dist = fileURLToPath(new URL('../../../dist', import.meta.url));
const SECRET = 'secret-of-the-benchmarks';

/** What callers hear while they wait: easy to tell from everything else. */
export const HOLD_HZ = 620;
/** Variables without which there are no real servers. */
export const REAL_SERVERS = ['DRACHTIO_HOST', 'DRACHTIO_PORT', 'DRACHTIO_SECRET', 'FREESWITCH_SERVERS', 'HOLDFAST_SIP_PORT'];
export const realServersGiven = () => REAL_SERVERS.every((name) => process.env[name]);

/** Sixty seconds of the hold tone, whole periods of it, so that it may be repeated without a click. */
export async function writeHoldTone(path) {
  const samples = new Int16Array(60 * 8_000);
  toneSource({ tone: HOLD_HZ }).fill(samples);
  await saveWav(path, samples);
}

/** The servers that FREESWITCH_SERVERS and DRACHTIO_HOST name; they are not ours to start or stop. */
export function realStack() {
  const { DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, FREESWITCH_SERVERS, HOLDFAST_SIP_PORT, HOLDFAST_TEST_HOLD_STREAM } = process.env;
  const servers = FREESWITCH_SERVERS.split(',')[0].trim();
  return {
    name: 'real',
    env: {
      DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET, FREESWITCH_SERVERS: servers,
      HOLDFAST_OLD_FREESWITCH_REASON: process.env.HOLDFAST_OLD_FREESWITCH_REASON || 'a benchmark of this very server, on loopback',
    },
    sip: { host: process.env.HOLDFAST_SIP_HOST || DRACHTIO_HOST, port: Number(HOLDFAST_SIP_PORT) },
    holdStream: HOLDFAST_TEST_HOLD_STREAM || 'default',
    eventSocket: addressOf(servers),
    stop: async () => undefined,
  };
}

/** An embedded SIP server and media server of our own, each a process; `cpu` pins the media server. */
export async function embeddedStack({ cpu } = {}) {
  const stops = [];
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  try {
    mkdirSync(join(directory, 'hold'));
    await writeHoldTone(join(directory, 'hold', 'tone.wav'));
    const first = await freePorts(4);
    const [sipPort, admin, esl, mediaSip] = [first, first + 1, first + 2, first + 3];
    const drachtio = { DRACHTIO_HOST: '127.0.0.1', DRACHTIO_PORT: String(admin), DRACHTIO_SECRET: SECRET };
    const sip = await startProgram('sip-server', [process.execPath, join(dist, 'embedded/sip-server/main.js')],
      { env: { ...drachtio, HOLDFAST_SIP_HOST: '127.0.0.1', HOLDFAST_SIP_PORT: String(sipPort) } });
    stops.push(() => sip.stop());
    const media = await startProgram('media-server', [process.execPath, join(dist, 'embedded/media-server/main.js')], {
      cpu,
      env: {
        HOLDFAST_MEDIA_HOST: '127.0.0.1', HOLDFAST_MEDIA_SIP_PORT: String(mediaSip), HOLDFAST_ESL_PORT: String(esl),
        HOLDFAST_ESL_SECRET: SECRET, HOLDFAST_RTP_PORT_MIN: '52000', HOLDFAST_RTP_PORT_MAX: '60998',
        HOLDFAST_LOCAL_STREAMS: `holdfast=${join(directory, 'hold')}`,
      },
    });
    stops.push(() => media.stop());
    const servers = `127.0.0.1:${esl}:${SECRET}`;
    return {
      name: 'embedded', env: { ...drachtio, FREESWITCH_SERVERS: servers }, sip: { host: '127.0.0.1', port: sipPort },
      holdStream: 'holdfast', eventSocket: addressOf(servers), pids: { sip: sip.pid, media: media.pid }, stop: () => stopAll(stops),
    };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

function addressOf(server) {
  const [host, port, ...secret] = server.split(':');
  return { host, port: Number(port), secret: secret.join(':') };
}
