// The peer of whole calls: drachtio-srf and drachtio-fsmrf and nothing else. Number `agent` hears silence, every other the hold
// stream; a BYE ends both legs. TCP_NODELAY everywhere, because without it each command costs 45 to 65 ms.
import Srf from 'drachtio-srf';
import Mrf from 'drachtio-fsmrf';
import { answerAsked } from '../harness/asked.mjs';
import { openEventSocket } from '../harness/event-socket.mjs';

const { DRACHTIO_HOST: host, DRACHTIO_PORT: port, DRACHTIO_SECRET: secret, FREESWITCH_SERVERS: server, HOLD_STREAM: stream } = process.env;
const [mediaHost, mediaPort, mediaSecret] = server.split(':');
const srf = new Srf();
srf.connect({ host, port: Number(port), secret });
await new Promise((resolve, reject) => srf.once('connect', (error) => (error ? reject(error) : resolve())));
const media = await new Mrf(srf).connect({ address: mediaHost, port: Number(mediaPort), secret: mediaSecret, listenAddress: '127.0.0.1' });
media.conn.socket.setNoDelay(true);

/** Endpoints by the user part of From. */
const endpoints = new Map();

srf.invite(async (request, response) => {
  const who = request.callingNumber;
  try {
    const { endpoint, dialog } = await media.connectCaller(request, response, {});
    endpoint.conn.socket.setNoDelay(true);
    endpoints.set(who, endpoint);
    dialog.on('destroy', () => {
      endpoints.delete(who);
      endpoint.destroy().catch(() => undefined); // drachtio-fsmrf: the channel may be gone already.
    });
    const sound = request.calledNumber === 'agent' ? 'silence_stream://-1' : `local_stream://${stream}`;
    endpoint.play(sound).catch(() => undefined); // Ends with the channel, or with the bridge.
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    if (!response.finalResponseSent) response.send(500);
  }
});

const bare = await openEventSocket({ host: mediaHost, port: Number(mediaPort), secret: mediaSecret });
answerAsked({
  calls: () => endpoints.size,
  /** The bridge itself, and when it was asked for. */
  async bridge({ caller, agent }) {
    const command = `uuid_bridge ${endpoints.get(caller).uuid} ${endpoints.get(agent).uuid}`;
    const at = Number(process.hrtime.bigint()) / 1e6;
    const reply = await bare.api(command);
    if (!reply.startsWith('+OK')) throw new Error(`${command}: ${reply}`);
    return { at };
  },
  memory() {
    globalThis.gc();
    globalThis.gc();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    return { rss, heap: heapUsed, buffers: external + arrayBuffers };
  },
});
process.stdout.write('ready\n');
