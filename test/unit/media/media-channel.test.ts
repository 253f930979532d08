import { TypedEmitter } from '../../../src/lib';
import type { SipDialog } from '../../../src/dialogs';
import { MediaChannel } from '../../../src/media';
import type { ChannelEvent, EventSocket } from '../../../src/media/event-socket';
import { ManualClock } from '../../support/manual-clock';
import { settle } from './fake-server';

class FarBye extends TypedEmitter<{ bye: [string] }> {
  hangUp(reason: string): void {
    this.emit('bye', reason);
  }
}

/** A channel that its media server does not know any more; `tell`: the event that says why. */
function unknownChannel() {
  const clock = new ManualClock();
  const dialog = new FarBye();
  let tell: (event: ChannelEvent) => void = () => undefined;
  const socket = {
    watch: (_uuid: string, listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    },
    api: () => Promise.resolve('false\n'),
  } as unknown as EventSocket;
  const facts = { uuid: 'one', serverName: 'a', localSdp: 'ours', remoteSdp: 'far' };
  const channel = new MediaChannel(facts, socket, dialog as unknown as SipDialog, clock);
  const said: string[] = [];
  channel.on('ended', (cause) => said.push(`ended: ${cause}`));
  channel.on('dead', () => said.push('dead'));
  const hangUp = (cause: string): void => tell({ name: 'CHANNEL_HANGUP', header: () => cause });
  return { channel, clock, dialog, hangUp, said };
}

describe('a channel that its media server does not know any more', () => {
  it('is lost, not over, when the event comes later that says that an operator ended it', async () => {
    const { channel, hangUp, said } = unknownChannel();
    void channel.verify();
    await settle();
    expect(said).toEqual([]);
    hangUp('MANAGER_REQUEST');
    expect(said).toEqual(['dead']);
  });

  it('or the BYE that says so', async () => {
    const { channel, dialog, said } = unknownChannel();
    void channel.verify();
    await settle();
    dialog.hangUp('SIP;cause=703;text="MANAGER_REQUEST"');
    expect(said).toEqual(['dead']);
  });

  it('is over after half a second in which nobody says why', async () => {
    const { channel, clock, said } = unknownChannel();
    void channel.verify();
    await settle();
    clock.advance(499);
    await settle();
    expect(said).toEqual([]);
    clock.advance(1);
    await settle();
    expect(said).toEqual(['ended: hung up by the media server']);
  });
});
