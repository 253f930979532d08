import { createSocket, type Socket } from 'node:dgram';
import { toneShare } from '../../src/phone';
import { decodeG711 } from '../../src/protocol/g711';
import { decodeRtp } from '../../src/protocol/rtp';
import { parseAudioSdp } from '../../src/protocol/sdp';
import { eventually } from '../support/eventually';
import { dialIn } from '../support/queue-story';
import { runSipp, startSipp } from '../support/sipp';
import { SipProbe } from '../support/sip-probe';
import { MUSIC_HZ, World } from '../support/world';

const CALLER_HZ = 350;

/** A caller who leaves the offer to us: it comes with the 200, the answer with the ACK (RFC 3261 section 13.2.1). */
describe('late offers', () => {
  let world: World;
  let probe: SipProbe;
  let rtp: Socket;

  beforeAll(async () => {
    world = await World.start({ numbers: { '1000': '/caller', '1001': '/waiter', '2000': '/agent' } });
    world.app
      .on('/caller', '<Response><Enqueue waitUrl="/wait">late</Enqueue></Response>')
      .on('/waiter', '<Response><Enqueue waitUrl="/music">alone</Enqueue></Response>')
      .on('/wait', '<Response><Pause length="60"/></Response>')
      .on('/music', '<Response/>')
      .on('/agent', '<Response><Dial><Queue>late</Queue></Dial></Response>')
      .on('/status', '');
    probe = await SipProbe.start(world.sip);
    rtp = createSocket('udp4');
    await new Promise<void>((resolve) => rtp.bind(0, '127.0.0.1', resolve));
  }, 60_000);
  afterAll(async () => {
    probe?.close();
    rtp?.close();
    await world?.stop();
  });

  it('the 200 offers what we have, and music goes where the ACK says', async () => {
    const samples: Int16Array[] = [];
    rtp.on('message', (bytes) => {
      const packet = decodeRtp(bytes);
      if (packet.outcome === 'packet' && packet.packet.payloadType === 0) samples.push(decodeG711('PCMU', packet.packet.payload));
    });
    const invite = probe.send({ user: '1001', body: '' });
    const answer = await probe.finalOf(invite.branch);
    expect(answer.status).toBe(200);
    const offer = parseAudioSdp(answer.body.toString());
    expect(offer).toMatchObject({ outcome: 'audio' });
    if (offer.outcome !== 'audio') return;
    expect(offer.audio.codecs.map(({ name }) => name)).toEqual(expect.arrayContaining(['PCMU', 'PCMA']));
    expect(samples).toEqual([]);
    probe.acknowledge(invite, answer, probe.sdp(rtp.address().port));
    await eventually(() => {
      const latest = samples.slice(-10).flatMap((part) => [...part]);
      expect(toneShare(Int16Array.from(latest), MUSIC_HZ)).toBeGreaterThan(0.5);
    }, 10_000);
    expect((await probe.within(invite, answer, { method: 'BYE', cseq: 2 })).status).toBe(200);
  });

  it.each([['without an answer', ''], ['with an answer that has no audio', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n']])(
    'an ACK %s ends the call', async (_what, sdp) => {
      const invite = probe.send({ user: '1001', body: '' });
      const answer = await probe.finalOf(invite.branch);
      probe.acknowledge(invite, answer, sdp);
      await probe.requestOf('BYE', invite.callId);
    },
  );

  it('SIPp and an agent hear and are heard', async () => {
    const caller = await startSipp({ scenario: 'uac-late-offer-until-bye', remote: world.sip, tone: CALLER_HZ });
    await world.app.waitForRequest('/wait', ({ params }) => params['To'] === '1000', 10_000);
    const agent = await dialIn(world, '2000', '/agent');
    await agent.call.audio.waitForTone(CALLER_HZ, { withinMs: 10_000, fromAt: 0 });
    await agent.call.hangup();
    expect(await caller.finished).toMatchObject({ exitCode: 0, successful: 1 });
  });

  it('an ordinary call after it is answered as ever', async () => {
    expect(await runSipp({ scenario: 'uac-bye', remote: world.sip, to: '1001' })).toMatchObject({ exitCode: 0, successful: 1 });
  });
});
