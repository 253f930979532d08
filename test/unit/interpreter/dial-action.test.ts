import { runProgram } from '../../../src/interpreter';
import type { RunningVerb } from '../../../src/calls';
import { deferred } from '../../../src/lib';
import type { WebhookOutcome, WebhookRequest } from '../../../src/webhooks';
import { answerOf } from './fake-app';
import { ACCOUNT, settle, stageCall } from './fake-call';

const entry = { url: 'http://app.test/voice', method: 'POST' as const };
const DOCUMENT = '<Response><Dial action="/done"><Sip>sip:a@b.example</Sip></Dial></Response>';

/** A program whose Dial reaches nobody for as long as the test likes; what was requested, and how far that came. */
function dialling(before?: RunningVerb['state']) {
  const asked: WebhookRequest[] = [];
  const actionAnswered = deferred<void>();
  const nobody = deferred<undefined>();
  const request = async (one: WebhookRequest): Promise<WebhookOutcome> => {
    asked.push(one);
    if (one.url === entry.url) return answerOf(one.url, DOCUMENT);
    const givenUp = new Promise<'aborted'>((resolve) => one.signal?.addEventListener('abort', () => resolve('aborted')));
    return (await Promise.race([actionAnswered.promise, givenUp])) === 'aborted' ? { outcome: 'aborted' } : answerOf(one.url, '<Response/>');
  };
  const stage = stageCall({
    dialer: { place: () => nobody.promise },
    webhooks: { request },
    keptDocuments: { keep: () => 'kept', read: () => Promise.resolve({ contentType: 'text/xml', body: Buffer.from(DOCUMENT) }) },
  });
  if (before) {
    stage.call.progress = {
      step: 'verb', document: 'kept', documentUrl: entry.url, documentMethod: 'POST', verbIndex: 0, verb: 'Dial', state: before,
    };
  }
  const running = runProgram(stage.call, { account: ACCOUNT, entry }, stage.ports);
  return { ...stage, running, nobody, actionAnswered, actions: () => asked.filter(({ url }) => url.endsWith('/done')) };
}

describe('the action of a Dial whose caller has hung up', () => {
  it('is told under the token that the record has had since the Dial began', async () => {
    const { call, running, nobody, actionAnswered, actions } = dialling();
    await settle();
    const { actionToken } = call.verbState;
    expect(actionToken).toMatch(/^\w{8,}/);
    call.end('remote-hangup');
    nobody.resolve(undefined);
    actionAnswered.resolve();
    await running;
    expect(actions()).toMatchObject([{ idempotencyToken: actionToken, params: { DialCallStatus: 'canceled', CallStatus: 'completed' } }]);
  });

  it('is told under the same one by a gateway that carries on', async () => {
    const { call, running, nobody, actionAnswered, actions } = dialling({ actionToken: 'the-token-of-before' });
    await settle();
    call.end('remote-hangup');
    nobody.resolve(undefined);
    actionAnswered.resolve();
    await running;
    expect(actions()).toMatchObject([{ idempotencyToken: 'the-token-of-before' }]);
  });

  it('is told once, and to the end, when he hangs up while it is being asked', async () => {
    const { call, running, nobody, actionAnswered, actions } = dialling();
    nobody.resolve(undefined);
    await settle();
    expect(actions()).toHaveLength(1);
    let over = false;
    void running.then(() => (over = true));
    call.end('remote-hangup');
    await settle();
    expect([actions().length, over]).toEqual([1, false]);
    actionAnswered.resolve();
    await running;
    expect(actions()).toHaveLength(1);
  });
});
