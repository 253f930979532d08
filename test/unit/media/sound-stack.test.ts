import { type SoundChannel, SoundStack } from '../../../src/media/sound-stack';
import { ManualClock } from '../../support/manual-clock';

/** A channel that nests as FreeSWITCH does: the newest sound is heard, a break ends it, the one below resumes. */
class NestingChannel implements SoundChannel {
  readonly playing: { source: string; token: string }[] = [];
  stack!: SoundStack;
  readonly refused = new Set<string>();
  readonly replaced: string[] = [];
  isInBridge = false;

  isJoined(): Promise<boolean> {
    return Promise.resolve(this.isInBridge);
  }

  standsIn(failed: string): void {
    this.replaced.push(failed);
  }

  /** The media server finds out after it has taken the command. */
  fail(source: string): void {
    const [failed] = this.playing.splice(this.playing.findIndex((sound) => sound.source === source), 1);
    if (failed) this.stack.completed(failed.token, 'failed');
  }

  start(source: string, token: string): Promise<void> {
    if (this.refused.has(source)) return Promise.reject(new Error('refused'));
    this.playing.push({ source, token });
    return Promise.resolve();
  }

  /** What ends by itself just before the next break arrives. */
  endsBeforeBreak = false;

  breakTop(): Promise<void> {
    if (this.endsBeforeBreak) this.endTop();
    this.endsBeforeBreak = false;
    const top = this.playing.pop();
    if (top) this.stack.completed(top.token, 'stopped');
    return Promise.resolve();
  }

  endTop(): void {
    const top = this.playing.pop();
    if (top) this.stack.completed(top.token, 'finished');
  }

  get heard(): string | undefined {
    return this.playing.at(-1)?.source;
  }

  get sources(): string[] {
    return this.playing.map(({ source }) => source);
  }
}

function setUp(): { channel: NestingChannel; stack: SoundStack; clock: ManualClock } {
  const channel = new NestingChannel();
  const clock = new ManualClock();
  const stack = new SoundStack(channel, clock);
  channel.stack = stack;
  return { channel, stack, clock };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the sounds of one channel', () => {
  it('plays over the layers and lets them be heard again afterwards', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    await stack.addLayer('music');
    const played = stack.play('greeting');
    await settle();
    expect(channel.heard).toBe('greeting');
    channel.endTop();
    await expect(played).resolves.toBe('finished');
    expect(channel.heard).toBe('music');
  });

  it('cuts only what plays when its signal is aborted', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('music');
    const abort = new AbortController();
    const played = stack.play('announcement', abort.signal);
    await settle();
    abort.abort();
    await played;
    expect(channel.sources).toEqual(['music']);
  });

  it('does not start a sound whose signal is aborted already', async () => {
    const { channel, stack } = setUp();
    await expect(stack.play('late', AbortSignal.abort())).resolves.toBe('stopped');
    expect(channel.sources).toEqual([]);
  });

  it('lays a layer again when a break came too late and hit it instead of the sound it was meant for', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    await stack.addLayer('music');
    const abort = new AbortController();
    const played = stack.play('announcement', abort.signal);
    await settle();
    channel.endsBeforeBreak = true;
    abort.abort();
    await expect(played).resolves.toBe('finished');
    await settle();
    expect(channel.sources).toEqual(['silence', 'music']);
  });

  it('does not talk over a bridge that ends its layers', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    await stack.addLayer('music');
    channel.endTop();
    channel.endTop();
    await settle();
    expect(channel.sources).toEqual([]);
  });

  it('takes a layer away from under another one and keeps the other', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    const music = await stack.addLayer('music');
    await stack.addLayer('ringing');
    await music.remove();
    expect(channel.sources).toEqual(['silence', 'ringing']);
  });

  it('drops a layer that the media server cannot play', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    channel.refused.add('missing');
    const layer = await stack.addLayer('missing');
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
  });

  it('lays what stands in for a layer that the media server refuses', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    channel.refused.add('missing').add('also missing');
    const layer = await stack.addLayer('missing', 'also missing', 'beeps');
    expect(channel.heard).toBe('beeps');
    expect(channel.replaced).toEqual(['missing', 'also missing']);
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
  });

  it('lays what stands in for a layer that fails later, never over what is played', async () => {
    const { channel, stack, clock } = setUp();
    await stack.addLayer('silence');
    const layer = await stack.addLayer('music', 'beeps');
    const played = stack.play('greeting');
    await settle();
    channel.fail('music');
    clock.advance(999);
    await settle();
    expect(channel.replaced).toEqual([]);
    clock.advance(1);
    await settle();
    expect(channel.heard).toBe('greeting');
    channel.endTop();
    await played;
    await settle();
    expect(channel.sources).toEqual(['silence', 'beeps']);
    expect(channel.replaced).toEqual(['music']);
    channel.fail('beeps');
    clock.advance(2_000);
    await settle();
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
  });

  it('lays nothing over a bridge, which ends layers as if they failed, nor after the layer was taken away', async () => {
    const { channel, stack, clock } = setUp();
    await stack.addLayer('music', 'beeps');
    channel.fail('music');
    clock.advance(500);
    stack.dropAll('stopped');
    clock.advance(10_000);
    await settle();
    const layer = await stack.addLayer('music', 'beeps');
    channel.fail('music');
    await layer.remove();
    clock.advance(10_000);
    await settle();
    expect([channel.sources, channel.replaced]).toEqual([[], []]);
  });

  it('reports a refused sound as failed', async () => {
    const { channel, stack } = setUp();
    channel.refused.add('broken');
    await expect(stack.play('broken')).resolves.toBe('failed');
  });

  it('settles everything as gone when the channel is gone', async () => {
    const { stack } = setUp();
    await stack.addLayer('silence');
    const played = stack.play('greeting');
    await settle();
    stack.dropAll('gone');
    await expect(played).resolves.toBe('gone');
    await expect(stack.play('after')).resolves.toBe('gone');
  });
});

describe('the sounds of one channel after another', () => {
  /** The media server is lost: what it played is gone, and was last known to play at `heardAt`. */
  const lose = ({ channel, stack, clock }: ReturnType<typeof setUp>, heardAt = clock.monotonic()): void => {
    stack.suspend(heardAt);
    channel.playing.length = 0;
  };

  it('layers begin anew and an announcement goes on from where it was', async () => {
    const staged = setUp();
    const { channel, stack, clock } = staged;
    await stack.addLayer('silence');
    await stack.addLayer('music');
    const played = stack.play('/long.wav');
    await settle();
    clock.advance(3_000);
    lose(staged, 2_000);
    clock.advance(5_000);
    await stack.resume();
    expect(channel.sources).toEqual(['silence', 'music', `/long.wav@@${2_000 * 8}`]);
    clock.advance(1_000);
    lose(staged);
    await stack.resume();
    expect(channel.heard).toBe(`/long.wav@@${3_000 * 8}`);
    channel.endTop();
    await expect(played).resolves.toBe('finished');
  });

  it('what is played and laid meanwhile is heard on the next channel, what is cut and taken away is not', async () => {
    const staged = setUp();
    const { channel, stack } = staged;
    await stack.addLayer('silence');
    const music = await stack.addLayer('music');
    const abort = new AbortController();
    const cut = stack.play('cut', abort.signal);
    await settle();
    lose(staged);
    abort.abort();
    await expect(cut).resolves.toBe('stopped');
    await music.remove();
    await stack.addLayer('ringing');
    const played = stack.play('greeting');
    await settle();
    expect(channel.sources).toEqual([]);
    await stack.resume();
    expect(channel.sources).toEqual(['silence', 'ringing', 'greeting']);
    channel.endTop();
    await expect(played).resolves.toBe('finished');
  });

  it('a sound that was being cut when the channel was lost is over', async () => {
    const staged = setUp();
    const { channel, stack } = staged;
    channel.breakTop = () => Promise.reject(new Error('lost'));
    const abort = new AbortController();
    const played = stack.play('announcement', abort.signal);
    await settle();
    abort.abort();
    await settle();
    lose(staged);
    await expect(played).resolves.toBe('stopped');
    await stack.resume();
    expect(channel.sources).toEqual([]);
  });

  it('a command that is lost with its channel has not failed', async () => {
    const staged = setUp();
    const { channel, stack } = staged;
    let refuse!: (why: Error) => void;
    const start = channel.start.bind(channel);
    channel.start = () => new Promise((_resolve, reject) => {
      refuse = reject;
    });
    const played = stack.play('announcement');
    await settle();
    lose(staged);
    refuse(new Error('the event socket is closed'));
    await settle();
    channel.start = start;
    await stack.resume();
    expect(channel.sources).toEqual(['announcement']);
    channel.endTop();
    await expect(played).resolves.toBe('finished');
  });

  it('a channel that is lost again before it plays is not taken for the one that comes then', async () => {
    const staged = setUp();
    const { channel, stack } = staged;
    await stack.addLayer('music');
    lose(staged);
    const late = stack.resume();
    lose(staged);
    await late;
    expect(channel.sources).toEqual([]);
    await stack.resume();
    expect(channel.sources).toEqual(['music']);
  });

  it('a pause lasts as long as before: only the rest of it is played', async () => {
    const staged = setUp();
    const { channel, stack, clock } = staged;
    void stack.play('silence_stream://60000');
    await settle();
    clock.advance(45_000);
    lose(staged);
    await stack.resume();
    expect(channel.sources).toEqual(['silence_stream://15000']);
  });
});

describe('a channel on which another gateway left something playing', () => {
  const takeOver = (): ReturnType<typeof setUp> => {
    const staged = setUp();
    void staged.channel.start('left', 'not ours');
    staged.stack.coverLater('silence');
    return staged;
  };

  it('goes on with that until something of ours is played, and never comes back to it', async () => {
    const { channel, stack, clock } = takeOver();
    await settle();
    expect(channel.sources).toEqual(['left']);
    const music = await stack.addLayer('music');
    expect(channel.sources).toEqual(['left', 'silence', 'music']);
    clock.advance(1_000);
    await settle();
    expect(channel.sources).toEqual(['left', 'silence', 'music']);
    await music.remove();
    expect(channel.heard).toBe('silence');
  });

  it('an announcement covers it as well', async () => {
    const { channel, stack } = takeOver();
    const played = stack.play('announcement');
    await settle();
    expect(channel.sources).toEqual(['left', 'silence', 'announcement']);
    channel.endTop();
    await expect(played).resolves.toBe('finished');
    expect(channel.heard).toBe('silence');
  });

  it('is silent after a second in which nothing is played', async () => {
    const { channel, clock } = takeOver();
    clock.advance(999);
    await settle();
    expect(channel.heard).toBe('left');
    clock.advance(1);
    await settle();
    expect(channel.heard).toBe('silence');
  });

  it('is not talked over when it is being joined, or was', async () => {
    const joining = takeOver();
    joining.stack.coverNoMore();
    const joined = takeOver();
    joined.stack.dropAll('stopped');
    // By another gateway, which nobody has told of yet.
    const untold = takeOver();
    untold.channel.isInBridge = true;
    for (const { clock } of [joining, joined, untold]) clock.advance(1_000);
    await settle();
    for (const { channel } of [joining, joined, untold]) expect(channel.sources).toEqual(['left']);
  });

  it('is not there any more on another channel', async () => {
    const { channel, stack, clock } = takeOver();
    stack.suspend(clock.monotonic());
    channel.playing.length = 0;
    await stack.resume();
    clock.advance(1_000);
    await settle();
    expect(channel.sources).toEqual([]);
    expect(stack.isBare).toBe(true);
  });
});
