import { QueueStay } from '../../../src/interpreter/queue-stay';
import type { MediaEndpoint } from '../../../src/media';
import type { ClaimView, EndCause, EndOutcome, EntryChange } from '../../../src/queueing';
import { type Answers, type AppStage, ENTRY, enqueueVerb, stageApp } from './fake-app';
import { settle } from './fake-call';

const claim: ClaimView = {
  token: 'token', gatewayId: 'gateway-2', agent: { callSid: 'CAagent', from: '1', to: '2', endpointUuid: 'agent', mediaServer: 'media-1' },
};

interface Stay extends AppStage {
  readonly ended: Promise<EndOutcome>;
  readonly causes: EndCause[];
  readonly tell: (change: EntryChange) => void;
}

function stay(answers: Answers, attributes = 'waitUrl="/wait" addedUrl="/added"', claimed?: ClaimView): Stay {
  const causes: EndCause[] = [];
  let tell: (change: EntryChange) => void = () => undefined;
  const stage = stageApp(answers, {
    onEntryChanged: (_entry: unknown, listener: (change: EntryChange) => void) => {
      tell = listener;
      return () => undefined;
    },
    end: (_entry: unknown, cause: EndCause) => {
      causes.push(cause);
      return Promise.resolve({ outcome: 'ended', result: cause, queueTimeMs: 1, actionToken: 'token' });
    },
    beginBridge: () => Promise.resolve({ outcome: 'stale' }),
  });
  const ended = new QueueStay(enqueueVerb(attributes), stage.context, stage.endpoint as unknown as MediaEndpoint, ENTRY, claimed).untilEnded();
  return { ...stage, ended, causes, tell: (change) => tell(change) };
}

const ADDED = '<Response><Pause length="4"/></Response>';
const WAIT = '<Response><Pause length="60"/></Response>';
const paths = ({ asked }: Stay): string[] => asked.map(({ path }) => path);

describe('directly after a caller was added', () => {
  it('the added document runs once, over the music and before the first wait document', async () => {
    const world = stay({ '/added': ADDED, '/wait': WAIT });
    await world.pass(3);
    expect(paths(world)).toEqual(['/added']);
    expect(world.asked[0]?.params).toMatchObject({ QueuePosition: '2', QueueTime: '61', MaxQueueSize: '1000' });
    expect(world.endpoint.layers).toEqual(['music']);
    await world.pass(125);
    expect(paths(world)).toEqual(['/added', '/wait', '/wait', '/wait']);
  });

  it('a claim cuts it, and it is not begun again when the caller is given back', async () => {
    const world = stay({ '/added': ADDED, '/wait': WAIT });
    await world.pass(1);
    world.tell({ state: 'claimed', claim });
    await settle();
    world.tell({ state: 'waiting' });
    await world.pass(1);
    expect(paths(world)).toEqual(['/added', '/wait']);
  });

  it('a caller who is claimed as he joins never hears it', async () => {
    const world = stay({ '/added': ADDED, '/wait': WAIT }, undefined, claim);
    await settle();
    world.tell({ state: 'waiting' });
    await world.pass(1);
    expect(paths(world)).toEqual(['/wait']);
  });

  it('it may let him leave', async () => {
    const world = stay({ '/added': '<Response><Leave/></Response>' });
    await world.ended;
    expect(world.causes).toEqual(['leave']);
  });

  it('its failure is an alert and the wait documents come, unless errors are strict', async () => {
    const world = stay({ '/added': 500, '/wait': WAIT });
    await world.pass(1);
    expect(paths(world)).toEqual(['/added', '/wait']);
    expect(world.alerts).toMatchObject([{ code: 11200 }]);
    const strict = stay({ '/added': 500, '/wait': WAIT }, 'waitUrl="/wait" addedUrl="/added" waitErrors="strict"');
    await strict.ended;
    expect(strict.causes).toEqual(['error']);
  });

  it('it is heard without wait documents too', async () => {
    const world = stay({ '/added': ADDED }, 'addedUrl="/added"');
    await world.pass(10);
    expect(paths(world)).toEqual(['/added']);
    expect(world.endpoint.played).toHaveLength(1);
  });
});
