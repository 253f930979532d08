import { systemClock } from '../../../src/lib';
import { type SoundChannel, SoundStack } from '../../../src/media/sound-stack';

/** A channel that nests as FreeSWITCH does: the newest sound is heard, a break ends it, the one below resumes. */
class NestingChannel implements SoundChannel {
  readonly playing: { source: string; token: string }[] = [];
  stack!: SoundStack;
  readonly refused = new Set<string>();
  readonly failedLayers: string[] = [];

  layerFailed(source: string): void {
    this.failedLayers.push(source);
  }

  /** The media server finds out after it has taken the command. */
  failTop(): void {
    const top = this.playing.pop();
    if (top) this.stack.completed(top.token, 'failed');
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

function setUp(): { channel: NestingChannel; stack: SoundStack } {
  const channel = new NestingChannel();
  const stack = new SoundStack(channel, systemClock);
  channel.stack = stack;
  return { channel, stack };
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
    expect(channel.failedLayers).toEqual(['missing']);
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
  });

  it('lays what stands in for a layer that the media server refuses', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    channel.refused.add('missing').add('also missing');
    const layer = await stack.addLayer('missing', 'also missing', 'beeps');
    expect(channel.heard).toBe('beeps');
    expect(channel.failedLayers).toEqual(['missing', 'also missing']);
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
  });

  it('lays what stands in for a layer that fails later, never over what is played', async () => {
    const { channel, stack } = setUp();
    await stack.addLayer('silence');
    const layer = await stack.addLayer('music', 'beeps');
    const music = channel.playing[1];
    const played = stack.play('greeting');
    await settle();
    channel.playing.splice(1, 1);
    stack.completed(music?.token ?? '', 'failed');
    await settle();
    expect(channel.heard).toBe('greeting');
    channel.endTop();
    await played;
    await settle();
    expect(channel.sources).toEqual(['silence', 'beeps']);
    channel.failTop();
    await settle();
    expect(channel.failedLayers).toEqual(['music', 'beeps']);
    await layer.remove();
    expect(channel.sources).toEqual(['silence']);
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
