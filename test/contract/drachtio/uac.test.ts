import { parseUri } from '../../../src/protocol/sip';
import type { IncomingCall } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import {
  type Answer, type Message, sdp, type Srf, type SrfDialog, setTheStage, uriAt,
} from './target';

const { stage, target } = setTheStage();

async function callee(answer: (call: IncomingCall) => void) {
  const bob = await stage.peer('bob');
  const calls: IncomingCall[] = [];
  bob.agent.onInvite((call) => {
    calls.push(call);
    answer(call);
  });
  return { ...bob, calls };
}

describe('a call placed by the application', () => {
  it('rings, is answered, and carries the headers it was given', async () => {
    const acks: string[] = [];
    const bob = await callee((call) => {
      call.on('ack', (ack) => acks.push(ack.method));
      call.ring(180);
      call.accept({ body: sdp('bob') });
    });
    const srf = await stage.app(target);
    const ringing: number[] = [];
    const dialog = await srf.createUAC(bob.uri, {
      localSdp: sdp('app'),
      headers: { From: '"Café" <sip:100@localhost>', Contact: 'sip:100@localhost', 'X-Leg': 'agent' },
    }, { cbProvisional: ({ status }) => ringing.push(status) });
    const invite = bob.calls[0]?.invite;
    expect(ringing).toContain(180);
    expect(dialog.remote.sdp).toBe(sdp('bob'));
    expect(invite?.body.toString()).toBe(sdp('app'));
    expect(invite?.headers.get('X-Leg')).toBe('agent');
    expect(invite?.headers.get('From')).toMatch(new RegExp(`"Café" <sip:100@${target.sip.host}(:${target.sip.port})?>;tag=`));
    expect(invite?.headers.get('Contact')).toContain(`sip:100@${target.sip.host}`);
    expect(invite?.headers.get('Content-Type')).toBe('application/sdp');
    expect(invite?.headers.getAll('Content-Length')).toHaveLength(1);
    expect(dialog.id).toBe(`${dialog.sip.callId};from-tag=${dialog.sip.localTag}`);
    await eventually(() => expect(acks).toEqual(['ACK']));
    await dialog.destroy();
  });

  it('goes to the URI it was given, parameters and all', async () => {
    const bob = await callee((call) => call.reject(486));
    const srf = await stage.app(target);
    const params = ";user=phone;x%28y%29=tone%3A%25%281%2C%201%29;order='1'";
    await srf.createUAC(`${bob.uri.replace('sip:', 'sip:%28030%29')}${params}`, { localSdp: sdp('app') }).catch(() => undefined);
    const uri = parseUri(bob.calls[0]?.invite.uri ?? '');
    expect(decodeURIComponent(uri?.user ?? '')).toBe('(030)bob');
    expect([...(uri?.params ?? [])].map(([name, value = '']) => [name, value].map(decodeURIComponent))).toEqual([
      ['user', 'phone'], ['x(y)', 'tone:%(1, 1)'], ['order', "'1'"],
    ]);
  });

  it('fills in From, To, Contact and the type of the body when the application gives none', async () => {
    const bob = await callee((call) => call.reject(486));
    const srf = await stage.app(target);
    const refused = await srf.createUAC(bob.uri, { localSdp: sdp('app') }).catch((error: { status: number }) => error.status);
    expect(refused).toBe(486);
    const headers = bob.calls[0]?.invite.headers;
    expect(headers?.get('Contact')).toContain(`${target.sip.host}:${target.sip.port}`);
    expect(headers?.get('To')).toContain(bob.uri);
    expect(headers?.get('From')).toContain(target.sip.host);
    expect(headers?.get('Max-Forwards')).toBe('70');
  });

  it('is changed by re-INVITE, carries INFO, and is ended, both ways', async () => {
    const bob = await callee((call) => call.accept({ body: sdp('bob') }));
    const srf = await stage.app(target);
    const dialog = await srf.createUAC(bob.uri, { localSdp: sdp('app') });
    const call = bob.calls[0];
    if (call === undefined) throw new Error('no call');
    call.onReinvite((reinvite) => reinvite.accept({ body: sdp('bob2') }));
    expect(await dialog.modify(sdp('app2'))).toBe(sdp('bob2'));
    dialog.on('modify', (_request: Message, response: Answer) => response.send(200, { body: sdp('app3') }));
    const changed = await call.reinvite({ body: sdp('bob3') });
    expect(changed.outcome === 'answered' && changed.response.body.toString()).toBe(sdp('app3'));
    expect((await dialog.request({ method: 'INFO', headers: { 'Content-Type': 'text/plain' }, body: 'é' })).status).toBe(200);

    const destroyed: string[] = [];
    dialog.on('destroy', (bye: Message) => destroyed.push(bye.method));
    expect(await call.bye()).toMatchObject({ response: { status: 200 } });
    await eventually(() => expect(destroyed).toEqual(['BYE']));
  });

  it('is cancelled before it is answered', async () => {
    const cancelled: string[] = [];
    const bob = await callee((call) => {
      call.on('cancelled', ({ method }) => cancelled.push(method));
      call.ring(180);
    });
    const srf = await stage.app(target);
    let sent: Message | undefined;
    const placed = srf.createUAC(bob.uri, { localSdp: sdp('app') }, {
      cbRequest: (_error, request) => {
        sent = request;
      },
      cbProvisional: ({ status }) => {
        if (status === 180) sent?.cancel();
      },
    });
    await expect(placed).rejects.toMatchObject({ status: 487 });
    expect(cancelled).toEqual(['CANCEL']);
  });

  it('that nobody may place to the server itself is refused at once', async () => {
    const srf = await stage.app(target);
    await expect(srf.createUAC(uriAt(target, '1'), { localSdp: sdp('app') })).rejects.toThrow('can not send request to myself');
    const untyped = new Promise((resolve) => {
      srf.request('sip:x@127.0.0.1:9', { method: 'MESSAGE', body: 'hello' }, (error) => resolve(error));
    });
    expect(String(await untyped)).toContain('missing content-type');
  });

  it('without an offer gets the answerer\'s and acknowledges with its own', async () => {
    const answers: string[] = [];
    const bob = await callee((call) => {
      call.on('ack', (ack) => answers.push(ack.body.toString()));
      call.accept({ body: sdp('bob') });
    });
    const srf = await stage.app(target);
    const offered = await srf.createUAC(bob.uri, { noAck: true }) as unknown as {
      sdp: string; ack(sdp: string): Promise<SrfDialog>;
    };
    expect(offered.sdp).toBe(sdp('bob'));
    await offered.ack(sdp('app'));
    await eventually(() => expect(answers).toEqual([sdp('app')]));
  });
});

describe('a call bridged by the application', () => {
  it('joins caller and callee and is ended on both sides', async () => {
    const bob = await callee((call) => {
      call.ring(180);
      call.accept({ body: sdp('bob') });
    });
    const legs: { uas: SrfDialog; uac: SrfDialog }[] = [];
    await stage.app(target, (app: Srf) => {
      app.invite((request, response) => {
        void app.createB2BUA(request, response, bob.uri, { localSdpB: request.body }).then((pair) => {
          legs.push(pair);
          pair.uas.on('destroy', () => void pair.uac.destroy());
        });
      });
    });
    const { agent } = await stage.peer('ann');
    const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
    const rang: number[] = [];
    call.on('provisional', ({ status }) => rang.push(status));
    const body = await new Promise((resolve) => call.on('accepted', (response) => resolve(response.body.toString())));
    expect(body).toBe(sdp('bob'));
    expect(rang).toContain(180);
    expect(bob.calls[0]?.invite.body.toString()).toBe(sdp('ann'));
    await eventually(() => expect(legs).toHaveLength(1));
    const ended: string[] = [];
    bob.calls[0]?.on('ended', ({ by }) => ended.push(by));
    await call.bye();
    await eventually(() => expect(ended).toEqual(['remote']));
  });

  it('passes the callee\'s refusal to the caller, and the caller\'s CANCEL to the callee', async () => {
    let mode: 'busy' | 'ring' = 'busy';
    const cancelled: string[] = [];
    const bob = await callee((call) => {
      call.on('cancelled', () => cancelled.push('cancelled'));
      if (mode === 'busy') call.reject(486);
      else call.ring(180);
    });
    await stage.app(target, (app: Srf) => {
      app.invite((request, response) => {
        app.createB2BUA(request, response, bob.uri, { localSdpB: request.body }).catch(() => undefined);
      });
    });
    const { agent } = await stage.peer('ann');
    const refusal = (prepare: (call: ReturnType<typeof agent.invite>) => void): Promise<number> => {
      const call = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann') });
      prepare(call);
      return new Promise((resolve) => call.on('rejected', ({ status }) => resolve(status)));
    };
    expect(await refusal(() => undefined)).toBe(486);
    mode = 'ring';
    expect(await refusal((call) => call.on('provisional', () => call.cancel()))).toBe(487);
    await eventually(() => expect(cancelled).toEqual(['cancelled']));
  });
});
