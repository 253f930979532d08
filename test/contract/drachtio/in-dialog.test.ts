import type { CallEnd, DropHook, IncomingReinvite, OutgoingCall, ServerTransaction, SipTiming } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import {
  type Answer, losing, type Message, sdp, type SrfDialog, setTheStage, timing, uriAt,
} from './target';

const { stage, target } = setTheStage();

/** A call from `ann` answered by the application; `invite` changes what she sends. */
async function answered(
  invite: { headers?: Record<string, string> } = {}, answer: Record<string, string> = {}, drop?: DropHook, timers?: SipTiming,
) {
  let dialog: SrfDialog | undefined;
  const srf = await stage.app(target, (app) => {
    app.invite((request, response) => {
      void app.createUAS(request, response, { localSdp: sdp('app'), headers: answer }).then((made) => {
        dialog = made;
      });
    });
  });
  const { agent } = await stage.peer('ann', drop, timers);
  const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann'), ...invite });
  await new Promise((resolve) => call.on('accepted', resolve));
  const made = await eventually(() => {
    if (dialog === undefined) throw new Error('no dialog');
    return dialog;
  });
  return { srf, agent, call, dialog: made };
}

const statusOf = (result: Awaited<ReturnType<OutgoingCall['request']>>): number | string =>
  result.outcome === 'answered' ? result.response.status : result.outcome;

describe('inside a dialog', () => {
  it('REFER goes both ways', async () => {
    const { call, dialog } = await answered();
    const seen: string[] = [];
    dialog.on('refer', (request: Message, response: Answer) => {
      seen.push(`app ${request.get('Refer-To')}`);
      response.send(202);
    });
    call.onRequest((request, transaction) => {
      seen.push(`ann ${request.headers.get('Refer-To')} ${request.headers.has('Contact')}`);
      transaction.reply(202);
    });
    expect(statusOf(await call.request('REFER', { headers: { 'Refer-To': '<sip:a@b>', Contact: '<sip:x@127.0.0.1>' } }))).toBe(202);
    expect((await dialog.request({ method: 'REFER', headers: { 'Refer-To': '<sip:c@d>' } })).status).toBe(202);
    expect(seen).toEqual(['app <sip:a@b>', 'ann <sip:c@d> true']);
    await call.bye();
  });

  it('a refused re-INVITE leaves the call as it was, either way', async () => {
    const { call, dialog } = await answered();
    dialog.on('modify', (_request: Message, response: Answer) => response.send(488));
    expect(statusOf(await call.reinvite({ body: sdp('x') }))).toBe(488);
    call.onReinvite((reinvite) => reinvite.reject(491));
    await expect(dialog.modify(sdp('y'))).rejects.toMatchObject({ status: 491 });
    expect(statusOf(await call.request('OPTIONS'))).not.toBe(481);
    await dialog.destroy();
  });

  it('a 200 to a re-INVITE is repeated until its ACK, and that ACK is repeated', async () => {
    const lost = losing('out', 'ACK', 2);
    const acks = losing('in', 'ACK', 1);
    const again = await answered({}, {}, (passing) => lost(passing) || acks(passing));
    again.dialog.on('modify', (_request: Message, response: Answer) => response.send(200, { body: sdp('app2') }));
    expect(statusOf(await again.call.reinvite({ body: sdp('ann2') }))).toBe(200);
    again.call.onReinvite((reinvite) => reinvite.accept({ body: sdp('ann3') }));
    expect(await again.dialog.modify(sdp('app3'))).toBe(sdp('ann3'));
    await eventually(() => expect([lost.lost(), acks.lost()]).toEqual([2, 1]));
    expect(statusOf(await again.call.request('INFO'))).toBe(200);
    await again.call.bye();
  });

  it('a re-INVITE that the far end answers after its BYE is answered to nobody, and an INFO is', async () => {
    const { srf, agent, call, dialog } = await answered({}, {}, undefined, timing);
    srf.options((_request, response) => response.send(200));
    const offered = new Promise<IncomingReinvite>((resolve) => call.onReinvite(resolve));
    const told: number[] = [];
    srf.request('sip:placeholder', { method: 'INVITE', stackDialogId: dialog.id, body: sdp('app2') }, (_error, sent) => {
      sent.on('response', ({ status }: Message) => told.push(status));
    });
    const reinvite = await offered;
    const informed = new Promise<ServerTransaction>((resolve) => call.onRequest((_request, transaction) => resolve(transaction)));
    const answer = dialog.request({ method: 'INFO' });
    const info = await informed;
    expect(statusOf(await call.bye())).toBe(200);
    reinvite.reject(481);
    info.reply(481);
    expect(await answer).toMatchObject({ status: 481 });
    // What comes by the same way later has passed what came before it.
    expect(await agent.request('OPTIONS', { uri: uriAt(target, '1000') })).toMatchObject({ response: { status: 200 } });
    expect(told).toEqual([]);
  });

  it('requests go to the source of the INVITE when the Contact names another place', async () => {
    const { call, dialog, agent } = await answered({ headers: { Contact: '<sip:ann@10.255.255.1:5999>' } });
    const ends: CallEnd[] = [];
    call.on('ended', (end) => ends.push(end));
    await dialog.destroy();
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]));
    expect(ends[0]?.request?.uri).toBe('sip:ann@10.255.255.1:5999');
    expect(agent.stack.local.port).toBeGreaterThan(0);
  });

  it('requests follow the route that the INVITE recorded', async () => {
    const proxy = await stage.peer('proxy');
    const routed: string[] = [];
    proxy.agent.stack.onRequest((request, transaction) => {
      routed.push(`${request.method} ${request.uri} ${request.headers.get('Route')}`);
      transaction.reply(200);
    });
    const route = `<sip:127.0.0.1:${proxy.agent.stack.local.port};lr>`;
    const { dialog } = await answered({ headers: { 'Record-Route': route, Contact: '<sip:ann@127.0.0.1:9>' } });
    await dialog.destroy();
    expect(routed).toEqual([expect.stringContaining(`BYE sip:ann@127.0.0.1:9 ${route}`)]);
  });

  it('the tag is the one the application chose', async () => {
    const { call, dialog } = await answered({}, { To: '<sip:x@y>;tag=chosen' });
    expect(call.dialog?.remoteTag).toBe('chosen');
    expect(dialog.sip.localTag).toBe('chosen');
    expect(statusOf(await call.bye())).toBe(200);
  });

  it('a re-INVITE may come from an application that does not own the dialog, which stays with its owner', async () => {
    const { call, dialog } = await answered();
    const other = await stage.app(target);
    call.onReinvite((reinvite) => reinvite.accept({ body: sdp('moved') }));
    const body = await new Promise((resolve, reject) => {
      other.request('sip:placeholder', { method: 'INVITE', stackDialogId: dialog.id, body: sdp('other') }, (error, sent) => {
        if (error) return reject(error);
        sent.on('response', (response: Message, ack: () => void) => {
          if (response.status !== 200) return;
          ack();
          resolve(response.body);
        });
      });
    });
    expect(body).toBe(sdp('moved'));
    // The first application still hears the caller: ownership does not move.
    const heard: string[] = [];
    dialog.on('destroy', () => heard.push('bye'));
    await call.bye();
    await eventually(() => expect(heard).toEqual(['bye']));
  });
});

describe('two re-INVITEs at once', () => {
  it('are each answered or refused with 491, and the call goes on', async () => {
    const { call, dialog } = await answered({}, {}, undefined, timing);
    dialog.on('modify', (_request: Message, response: Answer) => response.send(200, { body: sdp('app2') }));
    call.onReinvite((reinvite) => reinvite.accept({ body: sdp('ann2') }));
    const [theirs, ours] = await Promise.allSettled([call.reinvite({ body: sdp('ann3') }), dialog.modify(sdp('app3'))]);
    if (theirs.status === 'rejected') throw theirs.reason;
    expect([200, 491]).toContain(statusOf(theirs.value));
    if (ours.status === 'rejected') expect(ours.reason).toMatchObject({ status: 491 });
    else expect(ours.value).toBe(sdp('ann2'));
    expect(statusOf(await call.request('INFO'))).toBe(200);
    await call.bye();
  });

  it('a re-INVITE of the caller can be cancelled', async () => {
    const { call, dialog, agent } = await answered();
    const heard: string[] = [];
    dialog.on('modify', (request: Message) => {
      heard.push('modify');
      request.on('cancel', () => heard.push('cancel'));
    });
    const facts = call.dialog;
    if (facts === undefined) throw new Error('no dialog');
    const headers = { Contact: agent.contact, 'Content-Type': 'application/sdp' };
    const invite = facts.createRequest('INVITE', { body: sdp('x'), headers });
    const transaction = agent.stack.request(invite, { protocol: 'UDP', ...target.sip });
    const statuses: number[] = [];
    transaction.on('response', ({ status }) => statuses.push(status));
    await eventually(() => expect(heard).toEqual(['modify']));
    transaction.cancel();
    await eventually(() => expect(statuses.at(-1)).toBe(487));
    await call.bye();
  });
});
