import { deferred } from '../../../src/lib';
import { SipDialog } from '../../../src/dialogs';
import type { InDialogSender } from '../../../src/dialogs/sip-dialog';
import type { SrfRequest, SrfResponse } from '../../../src/dialogs/srf-types';

const OFFER = 'v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\n';

/** A request inside the dialog as drachtio-srf would hand it over, with what was answered. */
function request(method: string, body = '', given: Readonly<Record<string, string>> = {}): [SrfRequest, SrfResponse, [number, unknown][]] {
  const sent: [number, unknown][] = [];
  const headers = { ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }), ...given } as Record<string, string>;
  const asked = { method, body, headers, get: (name: string) => headers[name] } as unknown as SrfRequest;
  const answer = { send: (status: number, options: unknown) => sent.push([status, options]) } as unknown as SrfResponse;
  return [asked, answer, sent];
}

function dialog(send: InDialogSender = () => Promise.reject(new Error('not sent'))): SipDialog {
  return new SipDialog('1;from-tag=1', 'ours', send, () => undefined);
}

const settle = (): Promise<void> => new Promise(setImmediate);

describe('a dialog', () => {
  it('tells of the ACK to its 200 once, also when it came before anybody asked', () => {
    const early = dialog();
    const late = dialog();
    const told: string[] = [];
    early.onAcknowledged((sdp) => told.push(`waited ${sdp}`));
    for (const one of [early, late]) {
      for (const body of [OFFER, '']) {
        const [ack, answer, sent] = request('ACK', body);
        one.receive(ack, answer);
        expect(sent).toEqual([]);
      }
    }
    late.onAcknowledged((sdp) => told.push(`asked ${sdp}`));
    expect(told).toEqual([`waited ${OFFER}`, `asked ${OFFER}`]);
  });

  it('refuses an offer with 491 while its own is open, and takes one again afterwards', async () => {
    const answered = deferred<SrfResponse>();
    const one = dialog(() => answered.promise);
    one.onOffer(() => 'answer');
    const reinviting = one.reinvite('new');
    for (const method of ['INVITE', 'UPDATE']) {
      const [asked, answer, sent] = request(method, OFFER);
      one.receive(asked, answer);
      expect(sent).toMatchObject([[491, {}]]);
    }
    answered.resolve({ status: 200, body: 'theirs', get: () => undefined } as unknown as SrfResponse);
    expect(await reinviting).toEqual({ outcome: 'accepted', sdp: 'theirs' });
    const [asked, answer, sent] = request('INVITE', OFFER);
    one.receive(asked, answer);
    await settle();
    expect(sent).toMatchObject([[200, { body: 'answer' }]]);
  });

  it.each(['theirs', 'ours'] as const)('waits for no answer to its offer once a BYE of %s has ended it, and makes no more', async (whose) => {
    const asked: string[] = [];
    const one = dialog((_id, method) => {
      asked.push(method);
      return new Promise(() => undefined);
    });
    const reinviting = one.reinvite('new');
    if (whose === 'ours') void one.bye();
    else one.receive(...(request('BYE').slice(0, 2) as [SrfRequest, SrfResponse]));
    const over = { outcome: 'refused', status: 481, reason: 'the dialog has ended' };
    expect(await reinviting).toEqual(over);
    expect(await one.reinvite('newer')).toEqual(over);
    expect(asked).toEqual(whose === 'ours' ? ['INVITE', 'BYE'] : ['INVITE']);
  });

  it('refuses a second offer with 500 while it answers the first', async () => {
    const media = deferred<string>();
    const one = dialog();
    one.onOffer(() => media.promise);
    const [first, firstAnswer, firstSent] = request('INVITE', OFFER);
    const [second, secondAnswer, secondSent] = request('UPDATE', OFFER);
    one.receive(first, firstAnswer);
    one.receive(second, secondAnswer);
    expect(secondSent).toMatchObject([[500, { headers: { 'Retry-After': '1' } }]]);
    media.resolve('answer');
    await settle();
    expect(firstSent).toMatchObject([[200, { body: 'answer' }]]);
  });

  it('answers an UPDATE with an offer, and one without as a refresh that leaves the media alone', async () => {
    const offers: string[] = [];
    const one = dialog();
    one.onOffer((offer) => {
      offers.push(offer);
      return 'answer';
    });
    const [asked, answer, sent] = request('UPDATE', OFFER);
    one.receive(asked, answer);
    await settle();
    expect(sent).toMatchObject([[200, { body: 'answer' }]]);
    const [refresh, refreshAnswer, refreshSent] = request('UPDATE', '', { 'Session-Expires': '90;refresher=uac', Supported: 'timer' });
    one.receive(refresh, refreshAnswer);
    await settle();
    expect(refreshSent).toEqual([[200, { headers: { 'Session-Expires': '90;refresher=uac', Require: 'timer' } }]]);
    expect(offers).toEqual([OFFER]);
  });

  it('offers its media to an INVITE without one, and follows the answer in the ACK', async () => {
    const offers: string[] = [];
    const acked: string[] = [];
    const one = dialog();
    one.onAcknowledged((sdp) => acked.push(sdp));
    one.onOffer((offer) => {
      offers.push(offer);
      return 'ours';
    });
    const [asked, answer, sent] = request('INVITE');
    one.receive(asked, answer);
    await settle();
    expect(sent).toMatchObject([[200, { body: 'ours' }]]);
    one.receive(...(request('ACK', OFFER).slice(0, 2) as [SrfRequest, SrfResponse]));
    await settle();
    expect(offers).toEqual(['', OFFER]);
    expect(acked).toEqual([]);
    one.receive(...(request('ACK').slice(0, 2) as [SrfRequest, SrfResponse]));
    expect(acked).toEqual(['']);
  });

  // RFC 3515 section 2.4.
  it('takes a REFER when somebody decides so: 202, word at once, and the last word before the BYE', async () => {
    const sent: [string, unknown][] = [];
    const one = new SipDialog('1;from-tag=1', 'ours', (_id, method, options) => {
      sent.push([method, options]);
      return Promise.resolve({ status: 200 } as unknown as SrfResponse);
    }, () => undefined);
    const wanted: string[] = [];
    one.onRefer((target) => {
      wanted.push(target);
      return true;
    });
    const answers = [1, 2].map(() => {
      const [asked, answer, told] = request('REFER', '', { 'Refer-To': '"Sales" <sip:sales@b.example;transport=tcp>' });
      one.receive(asked, answer);
      return told;
    });
    await one.bye();
    // The second one has to wait for the first, which is not done.
    expect(answers).toEqual([[[202, {}]], [[603, {}]]]);
    expect(wanted).toEqual(['sip:sales@b.example;transport=tcp']);
    const news = (state: string, body: string): unknown =>
      ['NOTIFY', { headers: { Event: 'refer', 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' }, body }];
    expect(sent).toEqual([
      news('active;expires=60', 'SIP/2.0 100 Trying\r\n'), news('terminated;reason=noresource', 'SIP/2.0 200 OK\r\n'), ['BYE', { headers: {} }],
    ]);
  });

  it.each([
    ['nobody decides about it', undefined, '<sip:a@b.example>', 603],
    ['it is not wanted', false, '<sip:a@b.example>', 603],
    ['it says nowhere to', true, undefined, 400],
  ] as const)('refuses a REFER when %s', (_why, verdict, referTo, status) => {
    const one = dialog();
    if (verdict !== undefined) one.onRefer(() => verdict);
    const [asked, answer, sent] = request('REFER', '', referTo === undefined ? {} : { 'Refer-To': referTo });
    one.receive(asked, answer);
    expect(sent).toEqual([[status, {}]]);
  });
});
