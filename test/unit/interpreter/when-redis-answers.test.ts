import { whenRedisAnswers } from '../../../src/interpreter/when-redis-answers';
import { deferred } from '../../../src/lib';
import { settle, stageCall } from './fake-call';

const MUSIC = 'local_stream://default';

describe('whoever waits for Redis', () => {
  const waiting = () => {
    const answered = deferred<string>();
    const stage = stageCall({ holdMusic: [MUSIC] });
    const heard: unknown[] = [];
    const result = whenRedisAnswers(stage.context, () => answered.promise, { ms: 10_000, withMusic: true });
    const pass = async (ms: number): Promise<void> => {
      await settle();
      stage.clock.advance(ms);
      await settle();
      heard.push([...stage.endpoint.layers]);
    };
    return { ...stage, answered, result, pass, heard };
  };

  it('hears music after a moment, while the first attempt still waits, and none afterwards', async () => {
    const { answered, result, pass, heard, endpoint } = waiting();
    await pass(290);
    await pass(20);
    answered.resolve('joined');
    expect(await result).toBe('joined');
    expect(heard).toEqual([[], [MUSIC]]);
    expect(endpoint.layers).toEqual([]);
  });

  it('hears none when the answer comes at once', async () => {
    const { answered, result, pass, heard } = waiting();
    await pass(100);
    answered.resolve('joined');
    await result;
    await pass(1_000);
    expect(heard).toEqual([[], []]);
  });
});
