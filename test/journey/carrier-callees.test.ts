import { createHash } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { dialIn, type Party, requestOf } from '../support/queue-story';
import { type SippOptions, type SippRun, startSipp } from '../support/sipp';
import { answer, type Expected, expectInvite, expectRequest, expectResponse, pause, scenario, sdp, speak, untilBye } from '../support/sipp/scenario';
import { World } from '../support/world';

/** Carriers' cases of a call from us: what they send back, and what they find in our INVITE. */
describe('callees as carriers answer', () => {
  let world: World;
  /** Stands for the outside trunk: what comes goes where the test says. */
  let trunk: Socket;
  let forward: (bytes: Buffer, from: RemoteInfo) => void = () => undefined;

  beforeAll(async () => {
    trunk = createSocket('udp4');
    trunk.on('message', (bytes, from) => forward(bytes, from));
    await new Promise<void>((ready) => trunk.bind(0, '127.0.0.1', ready));
    world = await World.start({
      numbers: { '1000': '/dial', '1001': '/number', '1002': '/circle', '1003': '/short' },
      outbound: { host: '127.0.0.1', port: trunk.address().port },
    });
    world.app
      .on('/number', '<Response><Dial action="/done" callerId="+15550009999"><Number>+15557654321</Number></Dial></Response>')
      .on('/circle', '<Response><Dial answerOnBridge="true" action="/refused"><Number>+1002</Number></Dial></Response>')
      .on('/done', '<Response><Hangup/></Response>')
      .on('/refused', '<Response><Reject/></Response>')
      .on('/status', '');
  }, 60_000);
  afterAll(async () => {
    await world?.stop();
    trunk?.close();
  });

  /** A caller whose `<Dial>` reaches this callee; what the callee says must be heard. */
  async function meet(
    name: string, steps: readonly string[], more: Partial<SippOptions> = {}, dial: (uri: string) => string = (uri) => `<Sip>${uri}</Sip>`,
  ): Promise<{ caller: Party; callee: SippRun }> {
    const callee = await startSipp({ scenario: scenario(name, ...steps), timeoutMs: 20_000, tone: 700, ...more });
    world.app.on('/dial', `<Response><Dial timeout="15" action="/done">${dial(callee.uri)}</Dial></Response>`);
    return { caller: await dialIn(world, '1000', '/dial', { tone: 400 }), callee };
  }

  async function converse(name: string, steps: readonly string[], more: Partial<SippOptions> = {}, dial?: (uri: string) => string): Promise<string> {
    const { caller, callee } = await meet(name, steps, more, dial);
    try {
      await caller.call.audio.waitForTone(700, { withinMs: 10_000, fromAt: 0 });
    } catch (error) {
      throw new Error(`${name}: ${String(error)}\n${(await callee.stop()).messages.slice(-5_000)}`, { cause: error });
    }
    await caller.call.hangup();
    const result = await callee.finished;
    if (result.exitCode !== 0) throw new Error(`${name}: ${result.errors}\n${result.messages.slice(-6_000)}`);
    return result.messages;
  }

  const pickUp = (body = sdp(), invited: Expected = {}): string[] =>
    [expectInvite(invited), answer.invite('180 Ringing'), answer.invite('200 OK', { body }), expectRequest('ACK')];

  it('over TCP: the INVITE names TCP as the way back, and the BYE comes by it', async () => {
    await converse('by-tcp', [...pickUp(sdp(), { has: ['Via: SIP/2.0/TCP', 'Contact:.*transport=tcp'] }), speak(), untilBye({ has: ['Via: SIP/2.0/TCP'] })],
      { transport: 'tcp' }, (uri) => `<Sip>${uri};transport=tcp</Sip>`);
  });

  it('with a reliable 183 that has the answer: PRACK, UPDATE before the 200, and a 200 without SDP', async () => {
    await converse('early', [
      expectInvite({ has: ['Supported:.*100rel', 'Allow:.*PRACK', 'Allow:.*UPDATE'] }),
      answer.invite('183 Session Progress', { headers: ['Require: 100rel', 'RSeq: 71'], body: sdp() }),
      expectRequest('PRACK', { has: ['RAck: 71 [0-9]+ INVITE'] }), answer.inDialog('200 OK'), pause(100),
      answer.request('UPDATE', 1, { body: sdp({ version: 2 }) }), expectResponse(200, { has: ['m=audio [1-9]'] }),
      answer.invite('200 OK'), expectRequest('ACK'), speak(), untilBye(),
    ]);
  });

  it('with the codec they chose from our offer', async () => {
    await converse('codec', [...pickUp(sdp({ payloads: '8 101' }), { has: ['m=audio [0-9]+ RTP/AVP 0 8 101'] }), speak(8), untilBye()], { law: 'PCMA' });
  });

  it('through proxies that stay in the path: ACK and BYE go along the recorded route', async () => {
    const route = 'Route: *<sip:127.0.0.1:[0-9]+;lr;hop=2>.*<sip:127.0.0.1:[0-9]+;lr;hop=1>';
    const recorded = ['Record-Route: <sip:127.0.0.1:[local_port];lr;hop=1>', 'Record-Route: <sip:127.0.0.1:[local_port];lr;hop=2>'];
    await converse('routed', [
      expectInvite(), answer.invite('200 OK', { body: sdp(), headers: recorded }), expectRequest('ACK', { has: [route] }), speak(), untilBye({ has: [route] }),
    ]);
  });

  it('finding the tenant\'s headers as they were written, and one Max-Forwards less', async () => {
    await converse('headers', [
      ...pickUp(sdp(), { has: ['X-Order: 7 of <9>, "a";b', 'Max-Forwards: 69', 'From: .*sip:%2B1555|From: .*sip:[+]1555'] }), speak(), untilBye(),
    ], {}, (uri) => `<Sip>${uri}?X-Order=7%20of%20%3C9%3E%2C%20%22a%22%3Bb</Sip>`);
  });

  it('who answer while our CANCEL is on its way: the answer is acknowledged and ended', async () => {
    const { caller, callee } = await meet('crossing', [
      expectInvite(), answer.invite('180 Ringing'), expectRequest('CANCEL'), answer.invite('200 OK', { body: sdp() }),
      expectRequest('ACK'), expectRequest('BYE'), answer.inDialog('200 OK'),
    ]);
    await caller.call.untilAnswered({ withinMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await caller.call.hangup();
    const result = await callee.finished;
    if (result.exitCode !== 0) throw new Error(`${result.errors}\n${result.messages.slice(-6_000)}`);
    expect((await requestOf(world, caller, '/done')).params['DialCallStatus']).toBe('canceled');
  });

  it('who ask for credentials get the right ones; wrong ones are not tried twice', async () => {
    const challenge = (nonce: string): string[] => [
      answer.invite('407 Proxy Authentication Required', { headers: [`Proxy-Authenticate: Digest realm="carrier", nonce="${nonce}", qop="auth", algorithm=MD5`] }),
      expectRequest('ACK'),
    ];
    const withUser = (uri: string): string => `<Sip username="holdfast" password="s3cret-of-7">${uri}</Sip>`;
    const messages = await converse('digest', [
      expectInvite(), ...challenge('n1'), ...pickUp(sdp(), { has: ['Proxy-Authorization: Digest'] }), speak(), untilBye(),
    ], {}, withUser);
    const fields = Object.fromEntries([...(/^Proxy-Authorization: Digest (.*)$/m.exec(messages)?.[1] ?? '').matchAll(/(\w+)="?([^",\r]*)"?/g)]
      .map(([, name = '', value = '']) => [name, value]));
    expect(fields).toMatchObject({ username: 'holdfast', realm: 'carrier', nonce: 'n1', qop: 'auth', nc: '00000001' });
    expect(fields['response']).toBe(digestOf(fields, 's3cret-of-7'));
    const { caller, callee } = await meet('digest-wrong', [
      expectInvite(), ...challenge('n2'), expectInvite(), ...challenge('n3'), pause(300),
    ], {}, withUser);
    expect((await requestOf(world, caller, '/done')).params).toMatchObject({ DialCallStatus: 'failed', DialSipResponseCode: '407' });
    expect(await callee.finished).toMatchObject({ exitCode: 0 });
    await caller.call.untilEnded({ withinMs: 5_000 });
  });

  it('a call that goes round through the trunk ends with 483', async () => {
    const invites: string[] = [];
    // A proxy without state: its Via goes on top of requests and comes off responses (RFC 3261 section 16.11).
    forward = (bytes) => {
      const text = bytes.toString('latin1');
      if (text.startsWith('SIP/2.0')) {
        const rest = text.replace(/^Via: [^\r]*proxied[^\r]*\r\n/im, '');
        const [, host = '', port = '5060'] = /^Via: SIP\/2\.0\/UDP ([\d.]+):(\d+)/im.exec(rest) ?? [];
        trunk.send(Buffer.from(rest, 'latin1'), Number(port), host);
        return;
      }
      if (text.startsWith('INVITE ')) invites.push(/^Max-Forwards: *(\d+)/im.exec(text)?.[1] ?? '');
      const branch = /^Via: [^\r]*branch=([^;\r]+)/im.exec(text)?.[1] ?? '';
      const via = `Via: SIP/2.0/UDP 127.0.0.1:${trunk.address().port};branch=${branch}proxied`;
      const lowered = text.replace(/^Max-Forwards: *(\d+)/im, (_line, left: string) => `Max-Forwards: ${Math.max(0, Number(left) - 20)}`);
      const onward = lowered.replace('\r\n', `\r\n${via}\r\n`).replace(/^(\w+) sip:\+1002@[^ ]+/, `$1 sip:1002@${world.sip.host}:${world.sip.port}`);
      trunk.send(Buffer.from(onward, 'latin1'), world.sip.port, world.sip.host);
    };
    const caller = await dialIn(world, '1002', '/circle');
    await caller.call.untilEnded({ withinMs: 15_000 });
    expect(invites).toEqual(['69', '48', '27', '6']);
    // The INVITE with nothing left reached nobody; whoever placed it is told.
    const calls = world.app.requestsTo('/circle').map(({ params }) => String(params['CallSid']));
    expect(calls).toHaveLength(4);
    const refused = await world.app.waitForRequest('/refused', ({ params }) => params['CallSid'] === calls.at(-1), 5_000);
    expect(refused.params).toMatchObject({ DialCallStatus: 'failed', DialSipResponseCode: '483' });
    const innermost = await world.timeline(calls.at(-1) ?? '');
    expect(innermost.filter(({ type }) => type === 'alert.raised')).toMatchObject([{ code: 32006 }]);
  });
});

/** RFC 2617 section 3.2.2.1 with qop=auth, for an INVITE. */
function digestOf(fields: Readonly<Record<string, string>>, password: string): string {
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const { username = '', realm = '', nonce = '', uri = '', nc = '', cnonce = '' } = fields;
  return md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:auth:${md5(`INVITE:${uri}`)}`);
}
