import type { CallEnd, DropHook, IncomingCall, SipTiming } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { losing, RELAYED, type Message, sdp, type SrfDialog, setTheStage, timing, uriAt } from './target';

// A real server waits 64*T1 = 32 s where the embedded one is told to wait 3.2 s.
const patienceMs = 45_000;
jest.setTimeout(60_000);

const { stage, target } = setTheStage();

/** An application that answers every call, and remembers why its dialogs ended. */
async function answeringApp(delayMs = 0) {
  const dialogs: SrfDialog[] = [];
  const reasons: (string | undefined)[] = [];
  const srf = await stage.app(target, (app) => {
    app.invite((request, response) => {
      const answer = () => void app.createUAS(request, response, { localSdp: sdp('app') }).then((dialog) => {
        dialogs.push(dialog);
        dialog.on('destroy', (bye: Message) => reasons.push(bye.get('Reason')));
      });
      if (delayMs === 0) answer();
      else setTimeout(answer, delayMs);
    });
  });
  return { srf, dialogs, reasons };
}

describe('an answer of the application', () => {
  it('is repeated until the caller acknowledges it', async () => {
    const { dialogs, reasons } = await answeringApp();
    const lost = losing('out', 'ACK', 2);
    const { agent } = await stage.peer('ann', lost);
    const call = agent.invite({ uri: uriAt(target, '1'), body: sdp('ann') });
    await new Promise((resolve) => call.on('accepted', resolve));
    await eventually(() => expect(lost.lost()).toBe(2), patienceMs);
    await eventually(() => expect(dialogs).toHaveLength(1));
    expect(await call.request('OPTIONS')).toMatchObject({ outcome: 'answered' });
    await call.bye();
    await eventually(() => expect(reasons).toHaveLength(1));
  });

  it('that is never acknowledged ends in a BYE to the caller and to the application', async () => {
    const { reasons } = await answeringApp();
    const { agent } = await stage.peer('ann', losing('out', 'ACK', 9_999));
    const call = agent.invite({ uri: uriAt(target, '1'), body: sdp('ann') });
    const ends: CallEnd[] = [];
    call.on('ended', (end) => ends.push(end));
    await eventually(() => expect(ends).toMatchObject([{ by: 'remote' }]), patienceMs);
    expect(ends[0]?.request?.headers.get('Reason')).toContain('ACK timeout');
    await eventually(() => expect(reasons[0]).toContain('ACK timeout'));
  });

  it('that crosses the CANCEL of the caller stands until the caller says BYE', async () => {
    const { reasons, dialogs } = await answeringApp();
    const lost = losing('in', 'SIP/2.0 200', 2, 'INVITE');
    const cancelled: string[] = [];
    const { agent } = await stage.peer('ann', (passing) => {
      const text = passing.bytes.toString('latin1');
      if (passing.direction === 'in' && text.includes(' CANCEL\r\n')) cancelled.push(text.slice(8, 11));
      return lost(passing);
    });
    const call = agent.invite({ uri: uriAt(target, '1'), body: sdp('ann') });
    const ends: CallEnd[] = [];
    call.on('ended', (end) => ends.push(end));
    await eventually(() => expect(dialogs).toHaveLength(1));
    call.cancel();
    await eventually(() => expect(cancelled).toEqual(['481']));
    expect(reasons).toEqual([]);
    // The repeated 200 reaches a caller who has cancelled: it is acknowledged and ended.
    await eventually(() => expect(ends).toEqual([{ by: 'local' }]));
    await eventually(() => expect(reasons).toHaveLength(1));
  });
});

describe('a call placed by the application', () => {
  async function bob(prepare: (call: IncomingCall) => void, drop?: DropHook, timers?: SipTiming) {
    const { agent, uri } = await stage.peer('bob', drop, timers);
    const calls: IncomingCall[] = [];
    const log: string[] = [];
    agent.onInvite((call) => {
      calls.push(call);
      call.on('ack', () => log.push('ack'));
      call.on('ended', ({ by }) => log.push(`ended by ${by}`));
      prepare(call);
    });
    return { agent, uri, calls, log };
  }

  it('gets its ACK again when that was lost', async () => {
    const lost = losing('in', 'ACK', 2);
    const { uri, log } = await bob((call) => call.accept({ body: sdp('bob') }), lost);
    const { srf } = await answeringApp();
    const dialog = await srf.createUAC(uri, { localSdp: sdp('app') });
    await eventually(() => expect(log).toEqual(['ack']), patienceMs);
    expect(lost.lost()).toBe(2);
    await dialog.destroy();
  });

  it('is ended by the server when its 200 crossed the CANCEL', async () => {
    const { uri, log } = await bob((call) => {
      call.ring(180);
      setTimeout(() => call.accept({ body: sdp('bob') }), 100);
    }, losing('in', 'CANCEL', 9_999));
    const { srf } = await answeringApp();
    let sent: Message | undefined;
    const dialog = await srf.createUAC(uri, { localSdp: sdp('app') }, {
      cbRequest: (_error, request) => {
        sent = request;
      },
      cbProvisional: ({ status }) => {
        if (status === 180) sent?.cancel();
      },
    });
    expect(dialog.id).toContain(';from-tag=');
    await eventually(() => expect(log).toEqual(['ack', 'ended by remote']));
  });

  it(`is ${RELAYED ? 'acknowledged and ended' : 'neither cancelled nor acknowledged'} when the application dies while it rings`, async () => {
    let cancelled = false;
    let answer: (() => void) | undefined;
    const { uri, log } = await bob((call) => {
      call.on('cancelled', () => {
        cancelled = true;
      });
      call.ring(180);
      answer = () => call.accept({ body: sdp('bob') });
    }, () => false, timing);
    const { srf } = await answeringApp();
    srf.createUAC(uri, { localSdp: sdp('app') }).catch(() => undefined);
    await eventually(() => expect(answer).toBeDefined());
    srf.disconnect();
    await stage.app(target);
    answer?.();
    await eventually(() => expect(log).toEqual(RELAYED ? ['ack', 'ended by remote'] : ['ended by no-ack']), patienceMs);
    expect(cancelled).toBe(false);
  });
});
