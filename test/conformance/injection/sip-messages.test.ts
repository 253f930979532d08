import { systemClock } from '../../../src/lib';
import { parseDocument } from '../../../src/twiml';
import { CorpusCount } from '../../support/corpus-count';
import { HostileStrings } from './hostile-strings';
import { Rig } from './rig';
import { allSlots } from './slots';

/** `HOLDFAST_INJECTION_SEED` repeats a run. */
const seed = Number(process.env['HOLDFAST_INJECTION_SEED'] ?? Date.now() % 1_000_000_007);
const count = Number(process.env['HOLDFAST_INJECTION_SIP_STRINGS'] ?? 40_000);

describe(`what tenants write (${count} strings, seed ${seed})`, () => {
  const rig = new Rig();
  beforeAll(() => rig.start());
  afterAll(() => rig.stop());

  it('reaches SIP only as requests that the grammar allows, with the headers that were asked for and no others', async () => {
    const random = new HostileStrings(seed);
    const slots = allSlots(random).filter(({ verb }) => verb === 'Dial');
    const told = new CorpusCount('injection');
    const caller = await rig.channel();
    let strings = 0;
    while (strings < count) {
      const slot = random.oneOf(slots);
      const texts = Array.from({ length: slot.takes }, () => random.next());
      strings += texts.length;
      const parsed = parseDocument(slot.document(texts));
      const [dial] = parsed.ok ? parsed.document.verbs : [];
      const noun = dial?.name === 'Dial' ? dial.nouns[0] : undefined;
      // A queue is called in Redis, not by SIP.
      if (!dial || !noun || noun.name === 'Queue') continue;
      rig.drachtio.custom = new Set(noun.name === 'Sip' ? noun.headers.map(({ name }) => name.toLowerCase()) : []);
      rig.drachtio.challenges = slot.name.includes('digest');
      await rig.run([dial], caller, systemClock);
    }
    const { counts, strange } = rig.drachtio;
    told.add(`strings in ${slots.length} places of Dial (seed ${seed})`, strings);
    for (const [method, times] of counts) told.add(`requests ${method}`, times);
    told.add('requests outside the grammar', strange.length);
    told.print();
    expect(strange.slice(0, 10)).toEqual([]);
    expect(rig.eventSocket.strange.slice(0, 10)).toEqual([]);
    // The strings still reach the way out.
    expect(counts.get('INVITE')).toBeGreaterThan(count / 10);
  }, 30_000 + count * 4);

  it('has the credentials of a Sip noun when the far end asks for them, and its headers', async () => {
    const parsed = parseDocument('<Response><Dial><Sip username="bob" password="s3cret">sip:a@192.0.2.7?X-Id=a%20b</Sip></Dial></Response>');
    if (!parsed.ok) throw new Error(parsed.message);
    rig.drachtio.custom = new Set(['x-id']);
    rig.drachtio.challenges = true;
    await rig.run(parsed.document.verbs, await rig.channel(), systemClock);
    expect(rig.drachtio.last).toMatch(/^Proxy-Authorization: Digest username="bob",realm="far\.example"/m);
    expect(rig.drachtio.last).toMatch(/^X-Id: a b\r$/m);
    expect(rig.drachtio.last).not.toContain('s3cret');
  });
});
