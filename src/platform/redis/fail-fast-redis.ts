import { Redis } from 'ioredis';
import { oneWriteATurn } from '../../lib';

/**
 * A client whose commands, once they have failed, stay failed. ioredis keeps a command that timed out among those it sends
 * again after a reconnection (6.0.0, event_handler.js), so that it would take effect long after its caller was told
 * that it failed and has acted on it. The commands of one turn leave together.
 */
export class FailFastRedis extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    if (command.isSettled) return command.promise;
    oneWriteATurn(this.stream);
    return super.sendCommand(command, stream);
  }
}
