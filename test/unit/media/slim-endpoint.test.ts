import type { EndpointLike } from 'drachtio-fsmrf';
import { slimEndpoint } from '../../../src/media/slim-endpoint';

it('keeps what an endpoint is driven by and lets go of what drachtio-fsmrf remembers', () => {
  const told = `Channel-Unique-ID: 7c5a4cd4-9f0e-4d0c-8f43-0d8a9a9f0b10\n${'x'.repeat(10_000)}`;
  const created = {
    uuid: told.slice(19, 55), local: { sdp: 'v=0\r\n' }, remote: { sdp: told }, sip: { callId: told }, dialog: { id: 'd', req: told },
    conn: { channelData: { headers: [told] } },
  };
  expect(slimEndpoint(created as unknown as EndpointLike)).toEqual({ uuid: '7c5a4cd4-9f0e-4d0c-8f43-0d8a9a9f0b10', localSdp: 'v=0\r\n' });
  // Nothing of the 10 kB is reachable any more, by whatever way.
  expect(JSON.stringify(created).length).toBeLessThan(200);
  expect(created.uuid).toBe('7c5a4cd4-9f0e-4d0c-8f43-0d8a9a9f0b10');
});
