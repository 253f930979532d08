import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dialIn } from '../support/queue-story';
import { eventually } from '../support/eventually';
import { hasSipp, runSipp } from '../support/sipp';
import { MUSIC_HZ, World } from '../support/world';

const EXTERNAL = '203.0.113.9';

/** Calls, holds, resumes and says BYE; each answer of ours must name the address and no other. */
function scenario(): { xml: string } {
  const file = readFileSync(join(__dirname, '..', 'support', 'sipp', 'uac-hold-bye.xml'), 'utf8');
  const check = '<action>'
    + `<ereg regexp="c=IN IP4 ${EXTERNAL.replaceAll('.', '[.]')}" search_in="msg" check_it="true" assign_to="1"/>`
    + '<ereg regexp="c=IN IP4 127" search_in="msg" check_it_inverse="true" assign_to="2"/></action>';
  let answers = 0;
  const xml = file.replaceAll('<recv response="200" rrs="true"/>', () => {
    answers += 1;
    return `<recv response="200" rrs="true">${check}</recv>`;
  });
  expect(answers).toBeGreaterThanOrEqual(3);
  return { xml: xml.replace('</scenario>', '<Reference variables="1,2"/></scenario>') };
}

describe('an installation behind NAT', () => {
  let world: World;

  beforeAll(async () => {
    // Only the gateway knows it: FreeSWITCH writes its own address to peers on its machine, whatever its ext-rtp-ip is.
    world = await World.start({ numbers: { '1000': '/caller' }, extraConfig: { sip: { externalIp: EXTERNAL } } });
    world.app.on('/caller', '<Response><Enqueue waitUrl="/wait">nat</Enqueue></Response>')
      .on('/wait', '<Response/>').on('/status', '');
  });
  afterAll(() => world?.stop());

  (hasSipp() ? it : it.skip)('tells callers its external address, in the answer and in those to their re-INVITEs', async () => {
    const { exitCode, errors } = await runSipp({ scenario: scenario(), remote: world.sip, talkMs: 300, calls: 1 });
    expect([exitCode, errors]).toEqual([0, '']);
  });

  it('sends audio to callers all the same', async () => {
    const caller = await dialIn(world, '1000', '/caller');
    await eventually(() => expect(caller.call.audio.firstTimeOf(MUSIC_HZ)).toBeDefined(), 10_000);
    await caller.call.hangup();
  });
});
