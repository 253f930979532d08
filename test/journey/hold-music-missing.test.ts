import { eventually } from '../support/eventually';
import { dialIn } from '../support/queue-story';
import { STACK_IS_EMBEDDED, World } from '../support/world';

// FreeSWITCH plays its stream `default`, where it has one, in the place of one that it does not know.
(STACK_IS_EMBEDDED ? describe : describe.skip)('a media server without the hold music', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start({ numbers: { '1000': '/caller' }, extraConfig: { media: { holdStream: 'nowhere' } } });
    world.app.on('/caller', '<Response><Enqueue>quiet</Enqueue></Response>').on('/status', '');
  });
  afterAll(() => world?.stop());

  it('lets callers hear a tone in its place, and says so', async () => {
    const caller = await dialIn(world, '1000', '/caller');
    await eventually(() => expect(caller.call.audio.firstTimeOf(440)).toBeDefined(), 10_000);
    expect(await (await fetch(`${world.gatewayUrl()}/metrics`)).text()).toContain('holdfast_media_layers_failed_total 1');
    await caller.call.hangup();
  });
});
