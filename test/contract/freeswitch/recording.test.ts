import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digitsMs } from '../../../src/media/digit-time';
import { channelSamples, frameShare } from '../../support/channel-samples';
import { eventually } from '../../support/eventually';
import type { EslClient } from './esl-client';
import { Stage, startTarget, type Target, type TestChannel } from './target';

const HERE = 500;
const THERE = 1_300;

describe('recording a bridge', () => {
  let target: Target;
  let stage: Stage;
  let esl: EslClient;
  let directory: string;
  let a: TestChannel;
  let b: TestChannel;

  beforeAll(async () => {
    target = await startTarget();
    directory = await mkdtemp(join(tmpdir(), 'holdfast-recording-'));
  });
  beforeEach(async () => {
    stage = new Stage(target);
    esl = await stage.esl();
    a = await stage.channel({}, { play: { tone: HERE } });
    b = await stage.channel({}, { play: { tone: THERE } });
  });
  afterEach(() => stage.clear());
  afterAll(async () => {
    await target.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const variables = (stereo: boolean, readOnly: boolean, writeOnly: boolean): string =>
    `RECORD_STEREO=${stereo};RECORD_READ_ONLY=${readOnly};RECORD_WRITE_ONLY=${writeOnly};RECORD_MIN_SEC=0`;

  async function bridge(): Promise<void> {
    expect(await esl.api(`uuid_bridge ${a.uuid} ${b.uuid}`)).toMatch(/^\+OK/);
    await Promise.all([
      a.call.audio.waitForTone(THERE, { withinMs: 3_000 }), b.call.audio.waitForTone(HERE, { withinMs: 3_000 }),
    ]);
  }

  async function hear(packets: number): Promise<void> {
    const from = a.call.audio.packets.length;
    await eventually(() => expect(a.call.audio.packets.length).toBeGreaterThan(from + packets));
  }

  /** The samples of each channel without what was before the bridge. */
  async function recorded(path: string): Promise<readonly Int16Array[]> {
    await esl.event({ 'Event-Name': 'RECORD_STOP', 'Record-File-Path': path });
    return channelSamples(await readFile(path)).map((samples) => samples.subarray(-6_000));
  }

  it('keeps the two in a channel each: left what the far end says, right what it hears', async () => {
    const path = join(directory, 'made', 'stereo.wav');
    await esl.api(`uuid_setvar_multi ${a.uuid} ${variables(true, false, false)}`);
    // Begun before the bridge, it goes on through it.
    expect(await esl.api(`uuid_record ${a.uuid} start ${path}`)).toBe('+OK Success\n');
    await bridge();
    await hear(60);
    expect(await esl.api(`uuid_record ${a.uuid} stop ${path}`)).toBe('+OK Success\n');
    const [left = new Int16Array(0), right = new Int16Array(0), ...others] = await recorded(path);
    expect(others).toEqual([]);
    expect([frameShare(left, HERE), frameShare(right, THERE)].map((share) => share > 0.9)).toEqual([true, true]);
  });

  it.each([
    ['what the far end says', variables(false, true, false), HERE],
    ['what it hears', variables(false, false, true), THERE],
  ])('keeps only %s', async (_which, settings, tone) => {
    const path = join(directory, `${tone}.wav`);
    await bridge();
    await esl.api(`uuid_setvar_multi ${a.uuid} ${settings}`);
    expect(await esl.api(`uuid_record ${a.uuid} start ${path}`)).toBe('+OK Success\n');
    await hear(60);
    await esl.api(`uuid_record ${a.uuid} stop ${path}`);
    const channels = await recorded(path);
    expect(channels.map((samples) => frameShare(samples, tone) > 0.9)).toEqual([true]);
  });

  it('is complete also when the far end hangs up in the middle', async () => {
    const path = join(directory, 'cut.wav');
    await bridge();
    await esl.api(`uuid_setvar_multi ${a.uuid} ${variables(true, false, false)}`);
    await esl.api(`uuid_record ${a.uuid} start ${path}`);
    await hear(60);
    await a.call.hangup();
    const [left = new Int16Array(0), right = new Int16Array(0)] = await recorded(path);
    expect([frameShare(left, HERE), frameShare(right, THERE)].map((share) => share > 0.8)).toEqual([true, true]);
    expect(await esl.api(`uuid_record ${a.uuid} stop ${path}`)).toMatch(/^-ERR/);
  });
});

describe('keys sent to the far end', () => {
  let target: Target;
  let stage: Stage;

  beforeAll(async () => {
    target = await startTarget();
  });
  beforeEach(() => {
    stage = new Stage(target);
  });
  afterEach(() => stage.clear());
  afterAll(() => target.stop());

  it('take no longer than the gateway waits for them', async () => {
    const esl = await stage.esl();
    const { uuid, call } = await stage.channel();
    await esl.api(`uuid_send_dtmf ${uuid} 12w34W56`);
    await call.audio.waitForDigits('123456', { withinMs: 10_000 });
    // By the stream's own clock, from the first key to the last one, which lasts a quarter of a second as well.
    const stamps = call.audio.packets.filter(({ isEvent }) => isEvent).map(({ timestamp }) => timestamp);
    const spanMs = (((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)) >>> 0) / 8 + 250;
    expect(spanMs).toBeLessThan(digitsMs('12w34W56') - 100);
    // Two pauses and six keys: nothing is sent at once, which would make the wait pointless.
    expect(spanMs).toBeGreaterThan(1_500 + 6 * 200);
  });
});
