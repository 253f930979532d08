import { type CallEnd, type OutgoingCall } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import {
  type Answer, type Message, sdp, type Srf, type SrfDialog, setTheStage, uriAt, RELAYED,
} from './target';

const { stage, target } = setTheStage();

/** A call answered by the application. */
async function answered() {
  let dialog: SrfDialog | undefined;
  let request: Message | undefined;
  const srf = await stage.app(target, (app) => {
    app.invite((req, res) => {
      request = req;
      void app.createUAS(req, res, { localSdp: sdp('app'), headers: { 'X-Answer': 'yes' } }).then((made) => {
        dialog = made;
      });
    });
  });
  const { agent } = await stage.peer('ann');
  const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann'), headers: { 'X-Trunk': 'a' } });
  const ends: CallEnd[] = [];
  call.on('ended', (end) => ends.push(end));
  const response = await accepted(call);
  const made = await eventually(() => {
    if (dialog === undefined || request === undefined) throw new Error('no dialog');
    return { dialog, request };
  });
  return { srf, agent, call, response, ends, ...made };
}

function accepted(call: OutgoingCall) {
  return new Promise<{ contact: string; body: string; extra: string | undefined }>((resolve) => {
    call.on('accepted', ({ headers, body }) => resolve({
      contact: headers.get('Contact') ?? '', body: body.toString(), extra: headers.get('X-Answer'),
    }));
  });
}

describe('a call to the application', () => {
  it('is told with its source, and becomes a dialog named by Call-ID and caller tag', async () => {
    const { request, dialog, response, call, agent } = await answered();
    expect(request.method).toBe('INVITE');
    expect(request.get('X-Trunk')).toBe('a');
    expect(Number(request.source_port)).toBe(agent.stack.local.port);
    expect(request.receivedOn).toBe(`${target.sip.host}:${target.sip.port}`);
    expect(response.body).toBe(sdp('app'));
    expect(response.extra).toBe('yes');
    expect(response.contact).toContain(`${target.sip.host}:${target.sip.port}`);
    const facts = call.dialog;
    expect(dialog.id).toBe(`${facts?.callId};from-tag=${facts?.localTag}`);
    expect(dialog.sip.remoteTag).toBe(facts?.localTag);
    expect(dialog.sip.localTag).toBe(facts?.remoteTag);
    await call.bye();
  });

  it('is ended by the caller', async () => {
    const { dialog, call } = await answered();
    const reasons: (string | undefined)[] = [];
    dialog.on('destroy', (bye: Message) => reasons.push(bye.get('Reason')));
    expect(await call.bye({ headers: { Reason: 'Q.850;cause=16' } })).toMatchObject({ response: { status: 200 } });
    await eventually(() => expect(reasons).toEqual(['Q.850;cause=16']));
  });

  it('is ended by the application', async () => {
    const { dialog, ends } = await answered();
    await dialog.destroy({ headers: { 'X-Why': 'done' } });
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]));
    expect(ends[0]?.request?.headers.get('X-Why')).toBe('done');
  });

  it('is changed by re-INVITE from either side', async () => {
    const { dialog, call } = await answered();
    const offers: string[] = [];
    call.onReinvite((reinvite) => {
      offers.push(reinvite.request.body.toString());
      reinvite.accept({ body: sdp('ann2') });
    });
    expect(await dialog.modify(sdp('app2'))).toBe(sdp('ann2'));
    expect(offers).toEqual([sdp('app2')]);

    dialog.on('modify', (request: Message, response: Answer) => {
      offers.push(request.body);
      response.send(200, { body: sdp('app3') });
    });
    const changed = await call.reinvite({ body: sdp('ann3') });
    expect(changed.outcome === 'answered' && changed.response.body.toString()).toBe(sdp('app3'));
    expect(offers).toEqual([sdp('app2'), sdp('ann3')]);
    await call.bye();
  });

  it('carries INFO and OPTIONS both ways', async () => {
    const { dialog, call } = await answered();
    const seen: string[] = [];
    dialog.on('info', (request: Message, response: Answer) => {
      seen.push(`app ${request.body}`);
      response.send(200, { headers: { 'X-Seen': '1' } });
    });
    dialog.on('options', (_request: Message, response: Answer) => response.send(200));
    const info = await call.request('INFO', { body: 'Signal=5', headers: { 'Content-Type': 'application/dtmf-relay' } });
    expect(info.outcome === 'answered' && info.response.headers.get('X-Seen')).toBe('1');
    expect(await call.request('OPTIONS')).toMatchObject({ response: { status: 200 } });

    call.onRequest((request, transaction) => {
      seen.push(`ann ${request.method} ${request.body.toString()}`);
      transaction.reply(200);
    });
    const sent = await dialog.request({
      method: 'INFO', headers: { 'Content-Type': 'application/dtmf-relay' }, body: 'Signal=6',
    });
    expect(sent.status).toBe(200);
    expect((await dialog.request({ method: 'OPTIONS' })).status).toBe(200);
    expect(seen).toEqual(['app Signal=5', 'ann INFO Signal=6', 'ann OPTIONS ']);
    await call.bye();
  });

  it('is ended by dialog id from another application', async () => {
    const { dialog, ends } = await answered();
    const other = await stage.app(target);
    const status = await new Promise((resolve, reject) => {
      other.request('sip:placeholder', { method: 'BYE', stackDialogId: dialog.id }, (error, sent) => {
        if (error) return reject(error);
        sent.on('response', (response: Message) => resolve(response.status));
      });
    });
    expect(status).toBe(200);
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]));
    const late = await new Promise<{ code?: string } | null>((resolve) => {
      other.request('sip:placeholder', { method: 'INFO', stackDialogId: dialog.id }, (error) => resolve(error));
    });
    expect(late?.code).toBe('ENODIALOG');
  });

  /** A relay waits for an adopter first, and then says nothing that would end the call. */
  const whenGone = RELAYED ? { INFO: 500, INVITE: 491, BYE: 200 } : { INFO: 481, INVITE: 481, BYE: 481 };

  it.each(Object.entries(whenGone))('is not inherited when the application that owns it is gone: %s gets %d', async (method, status) => {
    const { srf, call } = await answered();
    srf.disconnect();
    await stage.app(target, (app) => app.invite((_request, response) => response.send(486)));
    const result = method === 'BYE' ? call.bye() : call.request(method, { headers: { Contact: '<sip:ann@127.0.0.1:9>' } });
    expect(await result).toMatchObject({ response: { status } });
  });
});

describe('a call that is not answered', () => {
  it('rings, is refused, and the caller sees status and headers', async () => {
    await stage.app(target, (app) => {
      app.invite((_request, response) => {
        response.send(180, { headers: { 'X-Ring': '1' } });
        response.send(486, { headers: { 'Retry-After': '5' } });
      });
    });
    const { agent } = await stage.peer('ann');
    const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
    const provisional: number[] = [];
    call.on('provisional', ({ status }) => provisional.push(status));
    const refused = await new Promise<[number, string | undefined]>((resolve) => {
      call.on('rejected', ({ status, headers }) => resolve([status, headers.get('Retry-After')]));
    });
    expect(provisional).toEqual([180]);
    expect(refused).toEqual([486, '5']);
  });

  it('is cancelled by the caller: 487 to the caller, and the application hears of it', async () => {
    const heard: string[] = [];
    const failed: unknown[] = [];
    let answer: (() => void) | undefined;
    await stage.app(target, (app: Srf) => {
      app.invite((request, response) => {
        request.on('cancel', () => heard.push('cancel'));
        response.send(183, { body: sdp('early') });
        answer = () => void app.createUAS(request, response, { localSdp: sdp('late') }).catch((e: unknown) => failed.push(e));
      });
    });
    const { agent } = await stage.peer('ann');
    const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
    const early: string[] = [];
    call.on('provisional', ({ body }) => {
      early.push(body.toString());
      call.cancel();
    });
    const status = await new Promise((resolve) => call.on('rejected', (response) => resolve(response.status)));
    expect(status).toBe(487);
    expect(early).toEqual([sdp('early')]);
    await eventually(() => expect(heard).toEqual(['cancel']));
    answer?.();
    await eventually(() => expect(failed).toHaveLength(1));
  });
});
