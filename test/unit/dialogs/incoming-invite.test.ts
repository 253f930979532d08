import { EventEmitter } from 'node:events';
import { IncomingInvite } from '../../../src/dialogs';

type Parts = ConstructorParameters<typeof IncomingInvite>;

/** An INVITE as drachtio-srf hands it over; `sent` tells how the sending of our answer went. */
function invite(sent: (done: (error?: Error) => void, response: { meta?: { dialogId: string } }) => void) {
  const request = Object.assign(new EventEmitter(), {
    uri: 'sip:1000@holdfast.example', msg: { version: '2.0' }, body: '', headers: {}, get: () => undefined,
    source_address: '192.0.2.1', source_port: '5060', protocol: 'udp',
  });
  const response: { meta?: { dialogId: string }; send: unknown } = {
    send: (_status: number, _answer: object, done: (error?: Error) => void) => sent(done, response),
  };
  const adopt = (() => 'the dialog') as unknown as Parts[2];
  const incoming = new IncomingInvite(request as unknown as Parts[0], response as unknown as Parts[1], adopt, (answer) => answer);
  let cancelled = 0;
  incoming.onCancel(() => {
    cancelled += 1;
  });
  return { request, incoming, cancels: () => cancelled };
}

describe('an INVITE whose caller gives up', () => {
  it('is cancelled, once, and takes no answer any more', async () => {
    const { request, incoming, cancels } = invite(() => undefined);
    request.emit('cancel');
    request.emit('cancel');
    expect([incoming.pending, cancels()]).toEqual([false, 1]);
    await expect(incoming.accept('v=0')).rejects.toMatchObject({ code: 'dialogs-caller-gone' });
  });

  it('while our 200 is on its way is cancelled too: drachtio refuses the 200 and drachtio-srf has forgotten the INVITE', async () => {
    const { incoming, cancels } = invite((done) => done(new Error('Response not sent due to unknown transaction')));
    await expect(incoming.accept('v=0')).rejects.toMatchObject({ code: 'dialogs-answer-not-sent' });
    expect(cancels()).toBe(1);
  });

  it('is not cancelled when the 200 was sent', async () => {
    const { incoming, cancels } = invite((done, response) => {
      response.meta = { dialogId: 'id' };
      done();
    });
    await expect(incoming.accept('v=0')).resolves.toBe('the dialog');
    expect(cancels()).toBe(0);
  });
});
