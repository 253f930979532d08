import { setTimeout as pause } from 'node:timers/promises';
import type { CallEnd, OutgoingCall } from '../../../src/sip-stack';
import { eventually } from '../../support/eventually';
import { ManualClock } from '../../support/manual-clock';
import { type Message, sdp, setTheStage, uriAt } from './target';

// A real server takes 90 s, the shortest session there is, for what the embedded one is told has passed.
jest.setTimeout(200_000);
const clock = new ManualClock();
const { stage, target } = setTheStage(undefined, {}, clock);

/** Lets time pass in small steps, so that what is due is answered before the next step. */
async function pass(seconds: number): Promise<void> {
  if (!target.embedded) return pause(seconds * 1_000);
  for (let i = 0; i < seconds; i += 1) {
    clock.advance(1_000);
    // All parties live in this event loop: in so many turns of it what was sent is answered, however busy the machine.
    for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A call from `ann` to an application; the answer says `answer` of the timer. */
async function call(invite: Record<string, string>, answer: Record<string, string>) {
  const reasons: (string | undefined)[] = [];
  await stage.app(target, (app) => {
    app.invite((request, response) => {
      // Applications take calls in turn, so another may answer this call.
      const expires = request.get('X-Answer');
      const headers: Record<string, string> = expires === undefined ? {} : { 'Session-Expires': expires };
      void app.createUAS(request, response, { localSdp: sdp('app'), headers }).then((dialog) => {
        dialog.on('destroy', (bye: Message) => reasons.push(bye.get('Reason')));
      });
    });
  });
  const { agent } = await stage.peer('ann');
  const said = answer['Session-Expires'];
  const wanted: Record<string, string> = said === undefined ? {} : { 'X-Answer': said };
  const placed: OutgoingCall = agent.invite({ uri: uriAt(target, '1000'), body: sdp('ann'), headers: { ...invite, ...wanted } });
  const ends: CallEnd[] = [];
  placed.on('ended', (end) => ends.push(end));
  const expires = await new Promise<string | undefined>((resolve) => {
    placed.on('accepted', ({ headers }) => resolve(headers.get('Session-Expires')?.replaceAll(' ', '')));
  });
  return { agent, placed, ends, reasons, expires };
}

const statusOf = (result: Awaited<ReturnType<OutgoingCall['request']>>): (string | number | undefined)[] =>
  (result.outcome === 'answered' ? [result.response.status, result.response.headers.get('Min-SE')] : [result.outcome]);

describe('a session timer', () => {
  it.each([
    ['as the offer names the refresher', '1800;refresher=uac', undefined, '1800;refresher=uac'],
    ['as the offer names the refresher', '1800;refresher=uas', undefined, '1800;refresher=uas'],
    ['not for an offer that names none', '1800', undefined, undefined],
    ['as the application says', undefined, '300;refresher=uas', '300;refresher=uas'],
  ])('is agreed %s (%s, %s)', async (_how, offered, said, agreed) => {
    const answer: Record<string, string> = said === undefined ? {} : { 'Session-Expires': said };
    const offer: Record<string, string> = offered === undefined ? {} : { 'Session-Expires': offered };
    const { placed, expires } = await call({ Supported: 'timer', ...offer }, answer);
    expect(expires).toBe(agreed);
    await placed.bye();
  });

  it('under 90 s is refused in a re-INVITE and in an UPDATE, and the call goes on', async () => {
    const { agent, placed, ends } = await call({ Supported: 'timer' }, {});
    const short = { 'Session-Expires': '60', Supported: 'timer', Contact: agent.contact };
    expect(statusOf(await placed.reinvite({ body: sdp('ann2'), headers: short }))).toEqual([422, '90']);
    expect(statusOf(await placed.request('UPDATE', { body: sdp('ann2'), headers: short }))).toEqual([422, '90']);
    expect(ends).toEqual([]);
    await placed.bye();
  });

  it('of ours is refreshed at about half of it with the session as it is; a silent peer of the other loses the call', async () => {
    const [ours, theirs] = await Promise.all([
      call({ Supported: 'timer' }, { 'Session-Expires': '90;refresher=uas' }),
      call({ Supported: 'timer' }, { 'Session-Expires': '90;refresher=uac' }),
    ]);
    const refreshes: string[] = [];
    for (const { placed } of [ours, theirs]) {
      placed.onReinvite((reinvite) => {
        refreshes.push(`${reinvite.request.headers.get('Session-Expires')?.replaceAll(' ', '')} ${reinvite.request.body.toString()}`);
        reinvite.accept({ body: sdp('ann'), headers: { 'Session-Expires': '90;refresher=uac' } });
      });
    }
    await pass(39);
    expect(refreshes).toEqual([]);
    await pass(12);
    const refresh = `90;refresher=uac ${sdp('app')}`;
    await eventually(() => expect(refreshes).toEqual([refresh]));
    await pass(42);
    await eventually(() => expect(theirs.ends).toMatchObject([{ by: 'remote' }]));
    expect(theirs.ends[0]?.request?.headers.get('Reason')).toContain('Session timer expired');
    await eventually(() => expect([...ours.reasons, ...theirs.reasons]).toEqual([expect.stringContaining('Session timer expired')]));
    expect(ours.ends).toEqual([]);
    // Twice 40 to 50 s.
    await pass(8);
    await eventually(() => expect(refreshes).toEqual([refresh, refresh]));
    await ours.placed.bye();
  });
});
