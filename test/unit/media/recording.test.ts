import type { EventSocket } from '../../../src/media/event-socket';
import { RunningRecording } from '../../../src/media/recording';
import { ManualClock } from '../../support/manual-clock';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const PATH = '/media/recordings/RE1.wav';

describe('a recording that is not to be stopped any more, because its channel ends', () => {
  const begin = (): { stopped: () => boolean; tell: (name: string, path: string) => void; clock: ManualClock } => {
    let hear: (event: unknown) => void = () => undefined;
    const socket = {
      api: () => Promise.resolve('-ERR No such channel!'),
      watch: (_uuid: string, listener: (event: unknown) => void) => {
        hear = listener;
        return () => undefined;
      },
      on: () => () => undefined,
    } as unknown as EventSocket;
    const clock = new ManualClock();
    let isStopped = false;
    void new RunningRecording(socket, 'uuid', clock, PATH).stop().then(() => (isStopped = true));
    return { stopped: () => isStopped, tell: (name, path) => hear({ name, header: () => path }), clock };
  };

  it('is over when its file is closed', async () => {
    const { stopped, tell, clock } = begin();
    await settled();
    expect(stopped()).toBe(false);
    tell('RECORD_STOP', PATH);
    await settled();
    expect(stopped()).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('is over after half a second when nothing is said of it, as when it was over before', async () => {
    const { stopped, clock } = begin();
    await settled();
    clock.advance(500);
    await settled();
    expect(stopped()).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
