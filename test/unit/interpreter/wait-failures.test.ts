import type { AudioSource } from '../../../src/interpreter';
import { runWaitLoop, type WaitEnd } from '../../../src/interpreter/wait-loop';
import { type Answers, type AppStage, type Asked, ENTRY, enqueueVerb, stageApp } from './fake-app';
import { settle } from './fake-call';

interface Waiting extends AppStage {
  readonly ended: Promise<WaitEnd>;
  readonly interrupt: () => void;
}

function setUp(answers: Answers, attributes = '', queues: object = {}, audio?: AudioSource): Waiting {
  const stage = stageApp(answers, queues, audio);
  const abort = new AbortController();
  const ended = runWaitLoop(enqueueVerb(`waitUrl="/wait" ${attributes}`), stage.context, ENTRY, abort.signal);
  return { ...stage, ended, interrupt: () => abort.abort({ kind: 'claimed' }) };
}

const to = (asked: readonly Asked[], path: string): number[] => asked.filter((one) => one.path === path).map(({ at }) => Math.round(at / 100) / 10);
const pauseOf = (seconds: number): string => `<Response><Pause length="${seconds}"/></Response>`;
const FALLBACK = 'waitFallbackUrl="/fallback"';

describe('while the wait application fails', () => {
  it('for 30 s: it is asked 1, 2, 4 ... s apart, and its documents run again as soon as one comes', async () => {
    let down = true;
    const { asked, pass, interrupt, alerts, endpoint } = setUp({ '/wait': () => (down ? 503 : pauseOf(10)) });
    await pass(30);
    expect(to(asked, '/wait')).toEqual([0, 1, 3, 7, 15]);
    expect(alerts.filter(({ code }) => code === 11200)).toHaveLength(5);
    expect(endpoint.played).toEqual([]);
    down = false;
    await pass(12);
    expect(to(asked, '/wait').slice(5)).toEqual([31, 40]);
    expect(endpoint.played[0]).toBe('silence_stream://10000');
    // One more failure (requested ahead at 50, wanted at 51) is the first again: what was before is forgotten.
    down = true;
    await pass(10);
    down = false;
    await pass(2);
    expect(to(asked, '/wait').slice(7, 9)).toEqual([50, 52]);
    interrupt();
  });

  it('for 5 minutes: never more than 30 s apart, and 30 s after its recovery at the latest the documents run', async () => {
    let down = true;
    const { asked, pass, interrupt, endpoint } = setUp({ '/wait': () => (down ? 503 : pauseOf(10)) });
    await pass(300);
    const times = to(asked, '/wait');
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 241, 271]);
    down = false;
    await pass(30);
    expect(endpoint.played.length).toBeGreaterThan(0);
    interrupt();
    await settle();
  });

  it('an empty document after a long failure is asked again as soon as any empty one', async () => {
    let down = true;
    const { asked, pass, interrupt } = setUp({ '/wait': () => (down ? 503 : '<Response/>') });
    await pass(20);
    down = false;
    await pass(15);
    expect(to(asked, '/wait').slice(5)).toEqual([31, 32, 34]);
    interrupt();
  });

  it('the fallback is run after two failures, told what failed, and the wait URL is tried again after it', async () => {
    let down = true;
    const { asked, pass, interrupt } = setUp({ '/wait': () => (down ? 503 : pauseOf(10)), '/fallback': pauseOf(5) }, FALLBACK);
    await pass(0.5);
    expect(to(asked, '/fallback')).toEqual([]);
    await pass(12);
    expect(to(asked, '/wait')).toEqual([0, 1, 6, 11]);
    expect(to(asked, '/fallback')).toEqual([1, 6, 11]);
    expect(asked.find(({ path }) => path === '/fallback')?.params).toMatchObject({
      QueuePosition: '2', QueueTime: '61', ErrorCode: '11200', ErrorUrl: 'http://app.test/wait',
    });
    down = false;
    await pass(20);
    expect(to(asked, '/fallback')).toEqual([1, 6, 11]);
    expect(to(asked, '/wait').slice(4)).toEqual([19, 28]);
    interrupt();
  });

  it('for 5 minutes with a fallback that fails too, or says nothing: no storm of either', async () => {
    for (const fallback of [500, '<Response/>']) {
      const { asked, pass, interrupt } = setUp({ '/wait': 503, '/fallback': fallback }, FALLBACK);
      await pass(300);
      expect(to(asked, '/wait')).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181, 211, 241, 271]);
      expect(to(asked, '/fallback')).toEqual(to(asked, '/wait').slice(1));
      interrupt();
    }
  });

  it('a fallback may leave and hang up', async () => {
    const leaving = setUp({ '/wait': 503, '/fallback': '<Response><Leave/></Response>' }, FALLBACK);
    await leaving.pass(2);
    expect(await leaving.ended).toBe('leave');
    const hanging = setUp({ '/wait': '<Response', '/fallback': '<Response><Hangup/></Response>' }, FALLBACK);
    await hanging.pass(2);
    expect(await hanging.ended).toBe('hangup');
    expect(hanging.asked.at(-1)?.params).toMatchObject({ ErrorCode: '12100' });
  });

  it('a fallback that plays stops when the caller is claimed', async () => {
    const { pass, interrupt, ended, asked } = setUp({ '/wait': 503, '/fallback': pauseOf(60) }, FALLBACK);
    await pass(3);
    interrupt();
    expect(await ended).toBe('interrupted');
    await pass(120);
    expect(asked).toHaveLength(3);
  });

  it('strict: the first document that cannot be had or parsed is the end', async () => {
    for (const answer of [503, '<Response><Play', '<Response><Redirect>/nowhere</Redirect></Response>', '<Response><Redirect>mailto:a</Redirect></Response>']) {
      const { ended, pass } = setUp({ '/wait': answer, '/fallback': pauseOf(5) }, `waitErrors="strict" ${FALLBACK}`);
      await pass(0.2);
      expect(await ended).toBe('error');
    }
  });

  it('strict: a failure of ours is not the application\'s', async () => {
    let failures = 1;
    const view = (): Promise<unknown> => (failures-- > 0 ? Promise.reject(new Error('Redis is away')) : Promise.resolve({ state: 'waiting' }));
    const { pass, asked, interrupt, ended } = setUp({ '/wait': pauseOf(60) }, 'waitErrors="strict"', { view });
    await pass(2);
    expect(to(asked, '/wait')).toEqual([1]);
    interrupt();
    expect(await ended).toBe('interrupted');
  });
});

describe('the next wait document', () => {
  it('is requested a second before the present one ends, one at a time, with what is true then', async () => {
    let position = 0;
    let most = 0;
    const view = (): Promise<unknown> => Promise.resolve({ state: 'waiting', position: (position += 1) });
    const stage: Waiting = setUp({ '/wait': async () => {
      most = Math.max(most, stage.inFlight());
      await settle();
      return pauseOf(5);
    } }, '', { view });
    const { asked, pass, interrupt, endpoint } = stage;
    await pass(16);
    expect(to(asked, '/wait')).toEqual([0, 4.1, 9.1, 14.1]);
    expect(asked.map(({ params }) => params['QueuePosition'])).toEqual(['1', '2', '3', '4']);
    expect(endpoint.played).toHaveLength(4);
    expect(most).toBe(1);
    interrupt();
  });

  it('is not run when the caller was claimed after it was requested', async () => {
    const { asked, pass, interrupt, ended, endpoint, clock } = setUp({ '/wait': pauseOf(5) });
    await pass(4.5);
    expect(asked).toHaveLength(2);
    interrupt();
    expect(await ended).toBe('interrupted');
    await pass(10);
    expect(endpoint.played).toHaveLength(1);
    expect(asked).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('is not requested ahead when the caller was claimed before', async () => {
    const { asked, pass, interrupt } = setUp({ '/wait': pauseOf(5) });
    await pass(3);
    interrupt();
    await pass(10);
    expect(asked).toHaveLength(1);
  });

  it('is requested ahead only before the end of the whole document', async () => {
    const { asked, pass, interrupt } = setUp({ '/wait': '<Response><Pause length="3"/><Pause length="4"/></Response>' });
    await pass(5.5);
    expect(asked).toHaveLength(1);
    await pass(1);
    expect(to(asked, '/wait')).toEqual([0, 6]);
    interrupt();
  });

  it('is requested a second before the end of a Play and of a Say, however often they are repeated', async () => {
    const audio: AudioSource = { keep: () => Promise.resolve({ outcome: 'file', path: '/kept/5000.wav', durationMs: 5_000 }) };
    const speech = { fileFor: () => Promise.resolve({ path: '/kept/3000.wav', durationMs: 3_000, fellBack: false }) };
    const ahead = async (verb: string): Promise<number[]> => {
      const stage = setUp({ '/wait': `<Response>${verb}</Response>`, '/a.wav': 'sound' }, '', {}, audio);
      Object.assign(stage.ports, { speech });
      await stage.pass(12);
      stage.interrupt();
      return to(stage.asked, '/wait').slice(1, 2);
    };
    expect(await ahead('<Play>/a.wav</Play>')).toEqual([4]);
    expect(await ahead('<Play loop="2">/a.wav</Play>')).toEqual([9]);
    expect(await ahead('<Say>hello</Say>')).toEqual([2]);
    expect(await ahead('<Say loop="3">hello</Say>')).toEqual([8]);
    expect(await ahead('<Pause length="1"/><Play>/a.wav</Play>')).toEqual([5]);
  });

  it('is requested a second before the end of an answer that is audio', async () => {
    const audio: AudioSource = { keep: () => Promise.resolve({ outcome: 'file', path: '/kept/6000.wav', durationMs: 6_000 }) };
    const stage = setUp({ '/wait': 'sound' }, '', {}, audio);
    const request = stage.ports.webhooks.request.bind(stage.ports.webhooks);
    stage.ports.webhooks.request = async (asked) => {
      const answer = await request(asked);
      return answer.outcome === 'response' ? { ...answer, contentType: 'audio/wav' } : answer;
    };
    await stage.pass(12);
    expect(to(stage.asked, '/wait')).toEqual([0, 5, 11]);
    stage.interrupt();
  });

  it('that fails is a failure like any other, and the wait from then on', async () => {
    let answers = 0;
    const { asked, pass, interrupt } = setUp({ '/wait': () => ((answers += 1) === 2 ? 503 : pauseOf(5)) });
    await pass(7);
    expect(to(asked, '/wait')).toEqual([0, 4, 6]);
    interrupt();
  });
});
