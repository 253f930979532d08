import { once } from 'node:events';
import { createServer } from 'node:net';
import { room } from './dist.mjs';
import { openEventSocket } from './event-socket.mjs';
import { liftSessionLimits } from './session-limits.mjs';

const { UserAgent } = room('sip-stack');
const { newUuid } = room('lib');
const { offerAudio, parseAudioSdp } = room('protocol/sdp');

const HOST = '127.0.0.1';

/**
 * Channels of a media server made as drachtio-fsmrf makes them, but without drachtio: an INVITE straight to its SIP profile and
 * the event socket that it opens in return, over which one application is started. Nobody listens to events.
 */
export async function bareEndpoints(address) {
  const control = await openEventSocket(address);
  const [, target] = /sip:mod_sofia@(\S+)/.exec(await control.api('sofia status')) ?? [];
  const restoreLimits = await liftSessionLimits(address);
  const agent = new UserAgent();
  await agent.start({ host: HOST, port: 0 });
  let play = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume();
    socket.write(`connect\n\nsendmsg\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: ${play}\n\n`);
  }).listen(0, HOST);
  await once(server, 'listening');
  const calls = [];
  return {
    /** Plays `source` to each of these ports of this machine; resolves with the ports that it comes from. */
    async play(source, ports) {
      play = source;
      const answered = [];
      // In bites: a burst of INVITEs fills the socket buffer of either side.
      for (let first = 0; first < ports.length; first += 20) {
        const bite = ports.slice(first, first + 20).map(async (port) => {
          const call = agent.invite({
            uri: `sip:drachtio@${target}`,
            headers: { 'User-Agent': `drachtio-fsmrf:${newUuid()}`, 'X-esl-outbound': `${HOST}:${server.address().port}` },
            body: offerAudio({ address: HOST, port, origin: { username: '-', id: '1', version: 1 }, codecs: ['PCMU'] }),
          });
          const [response] = await Promise.race([
            once(call, 'accepted'),
            once(call, 'rejected').then(([{ status }]) => Promise.reject(new Error(`the media server refused a channel: ${status}`))),
          ]);
          calls.push(call);
          const parsed = parseAudioSdp(response.body.toString());
          return parsed.audio.port;
        });
        answered.push(...await Promise.all(bite));
      }
      return answered;
    },
    async clear() {
      const all = calls.splice(0);
      for (let first = 0; first < all.length; first += 50) await Promise.all(all.slice(first, first + 50).map((call) => call.bye()));
    },
    async close() {
      await this.clear();
      await restoreLimits();
      control.close();
      server.close();
      await agent.stop();
    },
  };
}
