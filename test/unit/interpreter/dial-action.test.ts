import { executeDial } from '../../../src/interpreter/verbs/dial';
import type { RunningVerb } from '../../../src/calls';
import type { WebhookRequest } from '../../../src/webhooks';
import { answerOf } from './fake-app';
import { dialVerb, stageCall } from './fake-call';

const verb = dialVerb('<Dial action="/done"><Sip>sip:a@b.example</Sip></Dial>');
const running: RunningVerb = { documentUrl: 'http://app.test/voice', documentMethod: 'POST', verbIndex: 0, verb: 'Dial' };

/** A Dial whose caller hangs up before anybody is there; what its action was told. */
async function hungUp(state?: RunningVerb['state']) {
  const told: WebhookRequest[] = [];
  const stage = stageCall({
    dialer: { place: () => Promise.resolve(undefined) },
    webhooks: {
      request: (request: WebhookRequest) => {
        told.push(request);
        return Promise.resolve(answerOf(request.url, '<Response/>'));
      },
    },
  });
  stage.call.progress = { step: 'verb', ...running, ...(state ? { state } : {}) };
  const outcome = executeDial(verb, state ? { ...stage.context, resumed: true } : stage.context);
  const noted = stage.call.verbState;
  stage.call.end('remote-hangup');
  await outcome;
  return { tokens: told.map(({ idempotencyToken }) => idempotencyToken), noted };
}

describe('the action of a Dial whose caller has hung up', () => {
  it('is told under the token that the record has had since the Dial began', async () => {
    const { tokens, noted } = await hungUp();
    expect(tokens).toEqual([noted['actionToken']]);
    expect(noted['actionToken']).toMatch(/^\w{8,}/);
  });

  it('is told under the same one by a gateway that carries on', async () => {
    expect((await hungUp({ actionToken: 'the-token-of-before' })).tokens).toEqual(['the-token-of-before']);
  });
});
