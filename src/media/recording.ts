import { type Clock, deferred, GatewayError } from '../lib';
import type { EventSocket } from './event-socket';

export interface RecordingPlan {
  /** File on the media server, which this gateway sees as well; without spaces. */
  readonly path: string;
  /** `both` in a channel each (left what the far end says, right what it hears) instead of mixed. */
  readonly isDual: boolean;
  /** Seen from us: `inbound` is what the far end of the channel says, `outbound` what it hears. */
  readonly track: 'both' | 'inbound' | 'outbound';
}

/** A recording that runs. */
export interface ChannelRecording {
  /** Settles when the file is complete or the media server is lost. */
  readonly ended: Promise<void>;
  /** Ends it; resolves with `ended`, and after three seconds without a word of the media server. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 3_000;
/** FreeSWITCH finds a channel no more before it has closed the file of its recording, and says so when it has. */
const CLOSED_WITHIN_MS = 500;

/**
 * Records a channel, whatever happens to it, until it is stopped or the channel is gone. Throws `media-command-refused` when the
 * media server does not start.
 */
export async function startRecording(socket: EventSocket, uuid: string, clock: Clock, plan: RecordingPlan): Promise<ChannelRecording> {
  const { path, isDual, track } = plan;
  if (/\s/.test(path)) throw new GatewayError('media-command-refused', `recordings cannot be kept under a path with spaces: ${path}`);
  const recording = new RunningRecording(socket, uuid, clock, path);
  try {
    // Read by FreeSWITCH when a recording starts. Without the last one it might drop what it finds too short.
    const variables = [
      `RECORD_STEREO=${isDual && track === 'both'}`, `RECORD_READ_ONLY=${track === 'inbound'}`,
      `RECORD_WRITE_ONLY=${track === 'outbound'}`, 'RECORD_MIN_SEC=0',
    ];
    await socket.api(`uuid_setvar_multi ${uuid} ${variables.join(';')}`);
    const reply = await socket.api(`uuid_record ${uuid} start ${path}`);
    if (!reply.startsWith('+OK')) throw new GatewayError('media-command-refused', `uuid_record: ${reply.trim()}`);
    return recording;
  } catch (error) {
    recording.forget();
    throw error;
  }
}

/** A recording of one channel into `path`, which runs; also one that another gateway has started. */
export class RunningRecording implements ChannelRecording {
  readonly ended: Promise<void>;
  readonly #done = deferred<void>();
  readonly #stop: () => Promise<void>;

  constructor(socket: EventSocket, uuid: string, clock: Clock, path: string) {
    // The end of a recording follows the end of its channel, whose own watcher has gone by then.
    const off = [
      socket.watch(uuid, (event) => {
        if (event.name === 'RECORD_STOP' && event.header('Record-File-Path') === path) this.#done.resolve();
      }),
      socket.on('closed', () => this.#done.resolve()),
    ];
    this.ended = this.#done.promise.finally(() => {
      for (const stop of off) stop();
    });
    this.#stop = async () => {
      const timer = clock.after(STOP_TIMEOUT_MS, () => this.#done.resolve());
      // Refused when it is over already, or about to be, as by the end of its channel.
      const reply = await socket.api(`uuid_record ${uuid} stop ${path}`).catch(() => '-ERR');
      const isRefused = !reply.startsWith('+OK');
      const closing = isRefused ? clock.after(CLOSED_WITHIN_MS, () => this.#done.resolve()) : undefined;
      await this.ended;
      closing?.cancel();
      timer.cancel();
    };
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** It did not begin. */
  forget(): void {
    this.#done.resolve();
  }
}
