import { type DigestAlgorithm, digestHa1, digestResponse } from '../../src/protocol/digest';
import type { SipResponse } from '../../src/protocol/sip';
import { runSipp } from '../support/sipp';
import { type ProbeRequest, SipProbe } from '../support/sip-probe';
import { ACCOUNT, World } from '../support/world';

const DOMAIN = 'office.example.com';
/** Of equipment that knows MD5 only, and gives up at a challenge for anything else: SIPp 3.6 does. */
const OLD_DOMAIN = 'old.example.com';
const USER = 'office';
const PASSWORD = 'password-of-the-office';

/** What differs from a right answer to a challenge. */
interface Answer {
  readonly algorithm?: DigestAlgorithm;
  readonly nc?: number;
  readonly password?: string;
  readonly user?: string;
  readonly to?: string;
}

/** A PBX without a fixed address calls through a trunk that knows it by its password. */
describe('digest trunks', () => {
  let world: World;
  let probe: SipProbe;

  beforeAll(async () => {
    world = await World.start({
      numbers: { '1000': '/busy', '1001': '/talk' },
      gateways: 2,
      trunks: [
        { name: 'office', account: ACCOUNT, domain: DOMAIN, digest: { user: USER, password: PASSWORD } },
        { name: 'old office', domain: OLD_DOMAIN, digest: { user: USER, password: PASSWORD, algorithms: ['MD5'] } },
        { name: 'neighbour', sources: ['127.0.0.77'] },
      ],
    });
    world.app.on('/busy', '<Response><Reject reason="busy"/></Response>').on('/talk', '<Response><Say>Hello</Say><Pause length="30"/></Response>').on('/status', '');
    probe = await SipProbe.start(world.sip);
  }, 60_000);
  afterAll(async () => {
    probe?.close();
    await world?.stop();
  });

  const office = (user = '1000'): ProbeRequest => ({ requestUri: `sip:${user}@${DOMAIN}`, to: `<sip:${user}@${DOMAIN}>` });
  const nonceOf = (challenge: SipResponse): string => /nonce="([^"]+)"/.exec(challenge.headers.get('WWW-Authenticate') ?? '')?.[1] ?? '';
  const authorization = (nonce: string, given: Answer = {}): string => {
    const { algorithm = 'SHA-256', nc = 1, password = PASSWORD, user = USER, to = '1000' } = given;
    const use = {
      algorithm, ha1: digestHa1(algorithm, user, DOMAIN, password), method: 'INVITE', uri: `sip:${to}@${DOMAIN}`, nonce, cnonce: 'abc',
      nc: nc.toString(16).padStart(8, '0'),
    };
    return `Authorization: Digest username="${user}", realm="${DOMAIN}", nonce="${nonce}", uri="${use.uri}", `
      + `response="${digestResponse(use)}", algorithm=${algorithm}, cnonce="abc", qop=auth, nc=${use.nc}`;
  };
  const newNonce = async (): Promise<string> => nonceOf(await probe.ask(office()));
  it('SIPp answers the challenge and talks', async () => {
    const result = await runSipp({
      scenario: 'uac-digest-bye', remote: world.sip, to: '1001', from: USER, keys: { domain: OLD_DOMAIN }, talkMs: 300,
      credentials: { user: USER, password: PASSWORD, uri: `1001@${OLD_DOMAIN}` },
    });
    expect(result).toMatchObject({ exitCode: 0, successful: 1 });
    const [request] = world.app.requestsTo('/talk');
    expect(request?.params).toMatchObject({ To: '1001', AccountSid: ACCOUNT, SipDomain: OLD_DOMAIN });
  });

  it('a challenge has a line for each algorithm, SHA-256 first', async () => {
    const challenge = await probe.ask(office());
    expect(challenge.status).toBe(401);
    const lines = challenge.headers.getAll('WWW-Authenticate');
    expect(lines.map((line) => /algorithm="?([\w-]+)/.exec(line)?.[1])).toEqual(['SHA-256', 'MD5']);
    expect(new Set(lines.map((line) => /nonce="([^"]+)"/.exec(line)?.[1])).size).toBe(1);
  });

  it.each(['SHA-256', 'MD5'] as const)('%s is accepted, whichever gateway made the nonce', async (algorithm) => {
    const nonce = await newNonce();
    // drachtio-server hands requests to the gateways in turn, so both check the nonce that one of them made.
    for (const nc of [1, 2, 3, 4]) {
      const answer = await probe.ask({ ...office(), cseq: 2, headers: [authorization(nonce, { algorithm, nc })] });
      expect(answer.status).toBe(486);
    }
  });

  it('what was overheard cannot be sent again, to any gateway', async () => {
    const headers = [authorization(await newNonce())];
    expect((await probe.ask({ ...office(), headers })).status).toBe(486);
    for (let i = 0; i < 4; i += 1) {
      const again = await probe.ask({ ...office(), headers });
      expect(again.status).toBe(401);
      expect(again.headers.get('WWW-Authenticate')).toMatch(/stale=true/);
    }
  });

  it('a nonce of another address is stale', async () => {
    const elsewhere = await SipProbe.start(world.sip, '127.0.0.5');
    try {
      const answer = await elsewhere.ask({ ...office(), headers: [authorization(await newNonce())] });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('WWW-Authenticate')).toMatch(/stale=true/);
    } finally {
      elsewhere.close();
    }
  });

  it('an unknown user and a wrong password get the same answer', async () => {
    const answers = [];
    for (const wrong of [{ user: 'nobody' }, { password: 'another-password' }]) {
      answers.push(await probe.ask({ ...office(), headers: [authorization(await newNonce(), wrong)] }));
    }
    const shape = ({ status, reason, headers }: SipResponse): unknown => [status, reason, [...headers]
      .map(({ name, value }) => [name, value.replace(/(nonce|branch|tag|rport)=[^;,]+/g, '$1')]).filter(([name]) => name !== 'Call-ID')];
    expect(shape(answers[0] as SipResponse)).toEqual(shape(answers[1] as SipResponse));
    expect((answers[0] as SipResponse).status).toBe(401);
  });

  it('only its domain is challenged', async () => {
    expect((await probe.ask()).status).toBe(403);
    const neighbour = await SipProbe.start(world.sip, '127.0.0.77');
    try {
      expect((await neighbour.ask()).status).toBe(486);
      expect((await neighbour.ask(office())).status).toBe(401);
    } finally {
      neighbour.close();
    }
  });

  it('nothing in the dialog is challenged', async () => {
    const nonce = await newNonce();
    const headers = [authorization(nonce, { to: '1001' })];
    const invite = probe.send({ ...office('1001'), headers });
    const answer = await probe.finalOf(invite.branch);
    expect(answer.status).toBe(200);
    probe.acknowledge(invite, answer);
    const reinvite = probe.within(invite, answer, { method: 'INVITE', cseq: 3, body: probe.sdp() });
    const again = await reinvite;
    expect(again.status).toBe(200);
    probe.acknowledge({ ...invite, cseq: 3 }, again);
    expect((await probe.within(invite, answer, { method: 'BYE', cseq: 4 })).status).toBe(200);
  });

  it('counts challenges apart from wrong credentials', async () => {
    const counts = [0, 0];
    for (const index of [0, 1]) {
      const metrics = await (await fetch(`${world.gatewayUrl(index)}/metrics`)).text();
      ['challenged', 'unauthorized'].forEach((outcome, at) => {
        counts[at] = (counts[at] ?? 0) + Number(new RegExp(`invites_total\\{outcome="${outcome}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
      });
    }
    expect(counts[0]).toBeGreaterThanOrEqual(10);
    expect(counts[1]).toBe(2);
  });
});
