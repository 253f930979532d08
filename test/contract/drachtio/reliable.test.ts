import { cseqOf, parseNameAddr, SipHeaders, type SipRequest, type SipResponse } from '../../../src/protocol/sip';
import type { CallEnd, OutgoingCall, PeerAddress, ServerTransaction, UserAgent } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { type Answer, type Message, sdp, type SrfDialog, setTheStage, uriAt } from './target';

const { stage, target } = setTheStage();

interface Told {
  readonly request: Message;
  readonly response: Answer & { send(status: number, options: object, told: (error: Error | null) => void): void };
}

/** An application that does `act` with each call. */
async function application(act: (told: Told) => void) {
  const heard: string[] = [];
  const dialogs: SrfDialog[] = [];
  const srf = await stage.app(target, (app) => {
    app.invite((request, response) => {
      heard.push('invite');
      request.on('cancel', () => heard.push('cancel'));
      request.on('update', (update: Message, answer: Answer) => {
        heard.push(`update ${update.body}`);
        answer.send(200, { body: sdp('updated') });
      });
      act({ request, response: response });
    });
  });
  const accept = async ({ request, response }: Told): Promise<void> => {
    dialogs.push(await srf.createUAS(request, response, { localSdp: sdp('app') }));
  };
  return { srf, heard, dialogs, accept };
}

const server = (): PeerAddress => ({ protocol: 'UDP', ...target.sip });

/** Sends a request in the early dialog that a response made; resolves to its final response. */
function early(agent: UserAgent, invite: SipRequest, made: SipResponse, method: string, number: number, more: [string, string][] = [], body = '') {
  const headers = new SipHeaders([
    ['From', invite.headers.get('From') ?? ''], ['To', made.headers.get('To') ?? ''],
    ['Call-ID', invite.headers.get('Call-ID') ?? ''], ['CSeq', `${number} ${method}`], ['Contact', agent.contact], ...more,
  ]);
  const uri = parseNameAddr(made.headers.get('Contact') ?? '')?.uri ?? uriAt(target, 'x');
  return new Promise<SipResponse>((resolve) => {
    const transaction = agent.stack.request({ kind: 'request', method, uri, headers, body: Buffer.from(body) }, server());
    transaction.on('response', (response) => response.status >= 200 && resolve(response));
  });
}

async function caller(headers: Record<string, string>) {
  const { agent } = await stage.peer('ann');
  const call: OutgoingCall = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann'), headers });
  const provisional: SipResponse[] = [];
  const ends: CallEnd[] = [];
  const final = { accepted: false, status: 0 };
  call.on('provisional', (response) => provisional.push(response));
  call.on('ended', (end) => ends.push(end));
  call.on('accepted', () => {
    final.accepted = true;
  });
  call.on('rejected', ({ status }) => {
    final.status = status;
  });
  const prack = (response: SipResponse, number: number) =>
    early(agent, call.invite, response, 'PRACK', number, [['RAck', `${response.headers.get('RSeq')} 1 INVITE`]]);
  return { agent, call, provisional, ends, final, prack };
}

const first = <T>(from: readonly T[]): Promise<T> => eventually(() => {
  if (from[0] === undefined) throw new Error('nothing yet');
  return from[0];
});

describe('a provisional response that the application wants to be reliable', () => {
  it('is repeated until its PRACK, which the application sees, and the call goes on', async () => {
    let told: Told | undefined;
    const app = await application((call) => {
      told = call;
      call.response.send(183, { headers: { Require: '100rel' }, body: sdp('early') });
    });
    const ann = await caller({ Supported: '100rel' });
    await eventually(() => expect(ann.provisional.length).toBeGreaterThan(1));
    const ringing = await first(ann.provisional);
    expect(ringing.headers.list('Require')).toEqual(['100rel']);
    expect(Number(ringing.headers.get('RSeq'))).toBeGreaterThan(0);
    expect(new Set(ann.provisional.map(({ headers }) => headers.get('RSeq'))).size).toBe(1);
    expect(ringing.body.toString()).toBe(sdp('early'));
    expect(ringing.headers.get('Contact')).toContain(`${target.sip.host}:${target.sip.port}`);
    expect((await ann.prack(ringing, 2)).status).toBe(200);
    const updated = await early(ann.agent, ann.call.invite, ringing, 'UPDATE', 3, [['Content-Type', 'application/sdp']], sdp('ann2'));
    expect([updated.status, updated.body.toString()]).toEqual([200, sdp('updated')]);
    expect(app.heard).toEqual(['invite', `update ${sdp('ann2')}`]);
    if (told === undefined) throw new Error('no call');
    await app.accept(told);
    await eventually(() => expect(ann.final.accepted).toBe(true));
    await app.dialogs[0]?.destroy();
    await eventually(() => expect(ann.ends).toMatchObject([{ by: 'remote' }]));
  });

  it('holds back the 200 until its PRACK', async () => {
    let told: Told | undefined;
    const app = await application((call) => {
      told = call;
      call.response.send(183, { headers: { Require: '100rel' }, body: sdp('early') });
    });
    const ann = await caller({ Supported: '100rel' });
    const ringing = await first(ann.provisional);
    if (told === undefined) throw new Error('no call');
    await app.accept(told);
    expect(app.dialogs).toHaveLength(1);
    const before = ann.provisional.length;
    await eventually(() => expect(ann.provisional.length).toBeGreaterThan(before));
    expect(ann.final.accepted).toBe(false);
    await ann.prack(ringing, 2);
    // drachtio-server 0.9.10 on a busy machine has been seen to forget the 200 it held back.
    if (!target.embedded) return;
    await eventually(() => expect(ann.final.accepted).toBe(true));
    await ann.call.bye();
  });

  it('is not sent to a caller who does not know how, and the application is told', async () => {
    const reasons: string[] = [];
    await application(({ response }) => {
      response.send(183, { headers: { Require: '100rel' }, body: sdp('early') }, (error) => {
        reasons.push(String(error));
        response.send(486);
      });
    });
    const ann = await caller({});
    await eventually(() => expect(ann.final.status).toBe(486));
    expect(ann.provisional).toEqual([]);
    expect(reasons).toHaveLength(1);
  });

  it('is every one to a caller who requires it', async () => {
    await application(({ response }) => {
      response.send(180);
    });
    const ann = await caller({ Require: '100rel' });
    const ringing = await first(ann.provisional);
    expect([ringing.status, ringing.headers.get('Require')]).toEqual([180, '100rel']);
    expect(ringing.headers.get('RSeq')).toMatch(/^[1-9]\d*$/);
    await ann.prack(ringing, 2);
    ann.call.cancel();
    await eventually(() => expect(ann.final.status).toBe(487));
  });

  it('does not keep the caller from giving up', async () => {
    const app = await application(({ response }) => {
      response.send(183, { headers: { Require: '100rel' }, body: sdp('early') });
    });
    const ann = await caller({ Supported: '100rel' });
    await first(ann.provisional);
    ann.call.cancel();
    await eventually(() => expect(ann.final.status).toBe(487));
    await eventually(() => expect(app.heard).toEqual(['invite', 'cancel']));
  });
});

describe('a reliable provisional response to a call of the application', () => {
  it('gets its PRACK along the recorded route; UPDATE works both ways before and after the answer', async () => {
    const { agent, uri } = await stage.peer('bob');
    const seen: string[] = [];
    let invite: ServerTransaction | undefined;
    const contact = { Contact: agent.contact, 'Content-Type': 'application/sdp' };
    const route = `<sip:127.0.0.1:${agent.stack.local.port};lr>`;
    agent.stack.onRequest((request, transaction) => {
      seen.push(`${request.method} ${request.headers.get('Route') ?? 'no route'} ${request.headers.get('RAck') ?? ''}`);
      if (request.method !== 'INVITE') {
        transaction.reply(200);
        return;
      }
      invite = transaction;
      request.headers.append('Record-Route', route);
      const reliable = { ...contact, Require: '100rel', RSeq: '55' };
      // Twice, as when its PRACK is late.
      transaction.reply(183, { headers: reliable, body: sdp('early') });
      transaction.reply(183, { headers: reliable, body: sdp('early') });
    });
    const { srf } = await application(() => undefined);
    const provisional: string[] = [];
    const placed = srf.createUAC(uri, { localSdp: sdp('app'), headers: { Supported: '100rel' } }, {
      cbProvisional: ({ status, stackDialogId }) => provisional.push(`${status} ${stackDialogId !== ''}`),
    });
    await eventually(() => expect(seen.some((line) => line.startsWith('PRACK'))).toBe(true));
    if (invite === undefined) throw new Error('no INVITE');
    const number = cseqOf(invite.request)?.number ?? 0;
    expect(seen[1]).toBe(`PRACK ${route} 55 ${number} INVITE`);
    const ends = { From: `${invite.request.headers.get('To')};tag=${invite.toTag}`, To: invite.request.headers.get('From') ?? '' };
    const headers = new SipHeaders([
      ['From', ends.From], ['To', ends.To], ['Call-ID', invite.request.headers.get('Call-ID') ?? ''], ['CSeq', '1 UPDATE'],
      ['Contact', agent.contact], ['Content-Type', 'application/sdp'],
    ]);
    const status = await new Promise((resolve) => {
      const update: SipRequest = { kind: 'request', method: 'UPDATE', uri: uriAt(target, 'x'), headers, body: Buffer.from(sdp('bob2')) };
      agent.stack.request(update, server()).on('response', (response) => resolve(response.status));
    });
    expect(status).toBe(200);
    invite.reply(200, { headers: contact, body: sdp('bob') });
    const dialog = await placed;
    expect([...new Set(provisional)]).toEqual(['183 true']);
    if (target.embedded) expect(provisional).toHaveLength(1);
    expect((await dialog.request({ method: 'UPDATE' })).status).toBe(200);
    await dialog.destroy();
    expect([...new Set(seen.map((line) => line.split(' ')[0]))]).toEqual(['INVITE', 'PRACK', 'UPDATE', 'BYE']);
  });
});
