import { type Clock, systemClock } from '../../../src/lib';
import { parseDocument, type Verb } from '../../../src/twiml';
import { CorpusCount } from '../../support/corpus-count';
import { HostileStrings } from './hostile-strings';
import { Rig } from './rig';
import { allSlots } from './slots';

/** `HOLDFAST_INJECTION_SEED` repeats a run. */
const seed = Number(process.env['HOLDFAST_INJECTION_SEED'] ?? Date.now() % 1_000_000_007);
const count = Number(process.env['HOLDFAST_INJECTION_MEDIA_STRINGS'] ?? 60_000);

/** The verbs whose executors drive a channel, or whose text could reach one; the rest is queues and HTTP. */
const VERBS: readonly Verb['name'][] = ['Say', 'Play', 'Pause', 'Gather', 'Reject', 'Hangup', 'Redirect', 'Leave', 'Enqueue'];

/** Time of a program passes at once: a Gather waits for nobody, a Pause is over when the media server says so. */
const hurried: Clock = {
  ...systemClock,
  after(_ms, fn) {
    const turn = setImmediate(fn);
    return { cancel: () => clearImmediate(turn) };
  },
};

describe(`what tenants write (${count} strings, seed ${seed})`, () => {
  const rig = new Rig();
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('reaches media servers only as commands that the grammar allows', async () => {
    const random = new HostileStrings(seed);
    const slots = allSlots(random).filter(({ verb }) => VERBS.includes(verb));
    const told = new CorpusCount('injection');
    const lanes = await Promise.all(Array.from({ length: 64 }, () => rig.channel()));
    let busy: Promise<void>[] = [];
    for (let i = 0; i < count; i += 1) {
      const slot = random.oneOf(slots);
      const parsed = parseDocument(slot.document([random.next()]));
      const lane = lanes[busy.length];
      // Its queue is where an Enqueue goes, whatever its name is: only journeys have one.
      if (!parsed.ok || parsed.document.verbs.length === 0 || slot.verb === 'Enqueue' || !lane) continue;
      busy.push(rig.run(parsed.document.verbs, lane, hurried));
      if (busy.length < lanes.length) continue;
      await Promise.all(busy);
      busy = [];
    }
    await Promise.all(busy);
    const { counts, strange } = rig.eventSocket;
    told.add(`strings in ${slots.length} places of documents (seed ${seed})`, count);
    for (const [kind, times] of counts) told.add(`commands ${kind}`, times);
    told.add('commands outside the grammar', strange.length);
    told.print();
    expect(strange.slice(0, 10)).toEqual([]);
    // The strings still reach every way out.
    expect(counts.get('play')).toBeGreaterThan(count / 20);
    expect(counts.get('digits')).toBeGreaterThan(count / 1_000);
  }, 30_000 + count * 4);

  it('is no command either when it gets past the reader of documents', async () => {
    const random = new HostileStrings(seed + 1);
    const endpoint = await rig.channel();
    const before = rig.eventSocket.strange.length;
    for (let i = 0; i < 2_000; i += 1) {
      const hurry = AbortSignal.abort();
      await endpoint.sendDigits(random.next(), hurry);
      const late = new AbortController();
      const sent = endpoint.sendDigits(random.next(), late.signal);
      late.abort();
      await sent;
    }
    expect(rig.eventSocket.strange.slice(before, before + 10)).toEqual([]);
  }, 60_000);
});
