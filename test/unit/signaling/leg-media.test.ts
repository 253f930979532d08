import type { Call } from '../../../src/calls';
import type { ReinviteOutcome, SipDialog } from '../../../src/dialogs';
import { TypedEmitter } from '../../../src/lib';
import type { FarSide, MediaChannel, MediaEndpoint, MediaPool } from '../../../src/media';
import { offerAudio } from '../../../src/protocol/sdp';
import { LegMedia } from '../../../src/signaling/leg-media';
import { ManualClock } from '../../support/manual-clock';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const sdp = (port: number, id = String(port)): string =>
  offerAudio({ address: '127.0.0.1', port, origin: { username: 'o', id, version: 5 }, codecs: ['PCMU'] });
const CALLER = sdp(4_000);
const OLD = sdp(20_000, '77');
const originOf = (text: string): string => /^o=.*$/m.exec(text)?.[0].trim() ?? '';

/** A far end whose answers to our offers, and own offers, come from the test. */
class FakeDialog extends TypedEmitter<{ bye: [string]; info: [string, string] }> {
  ended = false;
  readonly offered: string[] = [];
  answers: ReinviteOutcome[] = [];
  offer: (sdp: string) => Promise<string> | string = () => '';

  onOffer(answer: (offer: string) => Promise<string> | string): void {
    this.offer = answer;
  }

  reinvite(offer: string): Promise<ReinviteOutcome> {
    this.offered.push(offer);
    return Promise.resolve(this.answers.shift() ?? { outcome: 'accepted', sdp: CALLER });
  }
}

class FakeMedia extends TypedEmitter<{ lost: []; back: [number]; gone: [string] }> {
  isLost = false;
  gone = false;
  readonly callerSdp = OLD;
  readonly given: string[] = [];

  remodel(offer: string): Promise<string> {
    this.given.push(offer);
    return this.isLost ? Promise.reject(new Error('lost')) : Promise.resolve(OLD);
  }

  receiveKey(): Promise<void> {
    return Promise.resolve();
  }

  lose(): void {
    this.isLost = true;
    this.emit('lost');
  }
}

/** A channel on another media server, made for `remoteSdp`. */
function channelFor(remoteSdp: string, given: string[] = []): MediaChannel {
  return {
    callerSdp: sdp(30_000), localSdp: sdp(30_000), remoteSdp, isUp: true,
    remodel: (offer: string) => {
      given.push(offer);
      return Promise.resolve(sdp(30_000));
    },
  } as unknown as MediaChannel;
}

/** The pool of which the test decides when it has a channel. */
function setUp() {
  const dialog = new FakeDialog();
  const endpoint = new FakeMedia();
  const clock = new ManualClock();
  const ends: string[] = [];
  const call = { end: (reason: string) => void ends.push(reason), placeChanged: () => undefined } as unknown as Call;
  let over!: () => void;
  const rehomed: FarSide[] = [];
  const pool = {
    clock,
    rehome: (_endpoint: MediaEndpoint, far: FarSide) => {
      rehomed.push(far);
      return new Promise<void>((resolve) => {
        over = resolve;
      });
    },
  } as unknown as MediaPool;
  const media = new LegMedia({
    call, pool, dialog: dialog as unknown as SipDialog, endpoint: endpoint as unknown as MediaEndpoint, told: OLD, farSdp: CALLER, madeCallId: false,
  });
  const back = (): void => {
    endpoint.isLost = false;
    over();
  };
  return { dialog, endpoint, clock, ends, media, rehomed, back };
}

describe('the media of a leg whose media server is lost', () => {
  it('its far end is offered the new ones: the same o= line, the next version', async () => {
    const { dialog, endpoint, media, rehomed } = setUp();
    endpoint.lose();
    expect(rehomed).toEqual([media]);
    expect(media.sdp).toBe(CALLER);
    await expect(media.follow(channelFor(CALLER))).resolves.toBe('followed');
    expect(dialog.offered.map(originOf)).toEqual(['o=o 77 6 IN IP4 127.0.0.1']);
    expect(dialog.offered[0]).toContain('m=audio 30000 ');
  });

  it('what it answers goes to the channel when it changes anything', async () => {
    const { dialog, endpoint, media } = setUp();
    endpoint.lose();
    const given: string[] = [];
    dialog.answers = [{ outcome: 'accepted', sdp: CALLER }];
    await media.follow(channelFor(CALLER, given));
    expect(given).toEqual([]);
    dialog.answers = [{ outcome: 'accepted', sdp: sdp(4_002) }];
    await media.follow(channelFor(CALLER, given));
    expect(given).toEqual([sdp(4_002)]);
    expect(media.sdp).toBe(sdp(4_002));
  });

  it('an offer that met one of theirs (491) is made again, after the time that RFC 3261 gives, and is the same one', async () => {
    const { dialog, endpoint, clock, media } = setUp();
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    endpoint.lose();
    dialog.answers = [{ outcome: 'refused', status: 491, reason: 'Request Pending' }];
    const followed = media.follow(channelFor(CALLER));
    await settle();
    clock.advance(999);
    await settle();
    expect(dialog.offered).toHaveLength(1);
    clock.advance(1);
    await expect(followed).resolves.toBe('followed');
    expect(dialog.offered[1]).toBe(dialog.offered[0]);
    jest.restoreAllMocks();
  });

  it('an offer of theirs meanwhile is answered with the new media, and none of ours is made', async () => {
    const { dialog, endpoint, media } = setUp();
    endpoint.lose();
    const hold = CALLER.replace('a=sendrecv', 'a=sendonly');
    const answer = dialog.offer(hold);
    await settle();
    expect(media.sdp).toBe(hold);
    await expect(media.follow(channelFor(hold))).resolves.toBe('followed');
    expect(originOf(await answer)).toBe('o=o 77 6 IN IP4 127.0.0.1');
    expect(dialog.offered).toEqual([]);
  });

  it('an offer of theirs ends the wait after a 491 at once', async () => {
    const { dialog, endpoint, media } = setUp();
    endpoint.lose();
    dialog.answers = [{ outcome: 'refused', status: 491, reason: 'Request Pending' }];
    const given: string[] = [];
    const followed = media.follow(channelFor(CALLER, given));
    await settle();
    const answer = dialog.offer(sdp(4_004));
    await expect(followed).resolves.toBe('followed');
    expect(given).toEqual([sdp(4_004)]);
    expect(await answer).toContain('m=audio 30000 ');
  });

  it('an offer of theirs that the lost media server had before it, is answered by the next one', async () => {
    const { dialog, endpoint, media } = setUp();
    const remodel = endpoint.remodel.bind(endpoint);
    endpoint.remodel = (offer) => {
      endpoint.lose();
      return remodel(offer);
    };
    const answer = dialog.offer(sdp(4_006));
    await settle();
    await media.follow(channelFor(sdp(4_006)));
    expect(await answer).toContain('m=audio 30000 ');
  });

  it('an offer of theirs is refused when no media are found', async () => {
    const { dialog, endpoint, back } = setUp();
    endpoint.lose();
    const answer = Promise.resolve(dialog.offer(sdp(4_006)));
    endpoint.gone = true;
    back();
    await expect(answer).rejects.toMatchObject({ sipStatus: 500 });
  });

  it('an offer of theirs is answered by their own media server when that comes back first', async () => {
    const { dialog, endpoint, back } = setUp();
    endpoint.lose();
    const answer = dialog.offer(sdp(4_006));
    await settle();
    back();
    expect(await answer).toBe(OLD);
    expect(endpoint.given).toEqual([sdp(4_006)]);
  });

  it.each([[488, 'refused', []], [481, 'gone', ['remote-hangup']], [408, 'gone', ['remote-hangup']]] as const)(
    'a far end that answers %i: %s', async (status, outcome, ends) => {
      const staged = setUp();
      staged.endpoint.lose();
      staged.dialog.answers = [{ outcome: 'refused', status, reason: '' }];
      await expect(staged.media.follow(channelFor(CALLER))).resolves.toBe(outcome);
      expect(staged.ends).toEqual(ends);
      // Not taken: what it knows is still the old description, and the next one follows on that.
      staged.dialog.answers = [];
      if (outcome === 'refused') await staged.media.follow(channelFor(CALLER));
      if (outcome === 'refused') expect(originOf(staged.dialog.offered[1] ?? '')).toBe('o=o 77 6 IN IP4 127.0.0.1');
    });

  it('an answer that was lost with the media server is given to it when it comes back', async () => {
    const { endpoint, media, back } = setUp();
    endpoint.lose();
    await media.takeAnswer(sdp(4_008));
    back();
    await settle();
    expect(endpoint.given).toEqual([sdp(4_008)]);
  });
});
