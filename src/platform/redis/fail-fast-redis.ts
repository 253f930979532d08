import { Redis, type RedisOptions } from 'ioredis';
import { oneWriteATurn } from '../../lib';
import type { CommandPatience } from './command-patience';

/**
 * A client whose commands, once they have failed, stay failed. ioredis keeps a command that timed out among those it sends
 * again after a reconnection (6.0.0, event_handler.js), so that it would take effect long after its caller was told
 * that it failed and has acted on it. The commands of one turn leave together.
 */
export class FailFastRedis extends Redis {
  readonly #patience: CommandPatience;

  constructor(options: RedisOptions & { replyMapping?: 'legacy' }, patience: CommandPatience) {
    super(options);
    this.#patience = patience;
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    if (command.isSettled) return command.promise;
    command.setTimeout(this.#patience.ms);
    oneWriteATurn(this.stream);
    return super.sendCommand(command, stream);
  }
}
