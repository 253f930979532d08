import type { Logger } from './platform/telemetry';

/**
 * The last resort: what one call does wrong must not end the others. A rejection nobody handles and an exception nobody
 * catches are told to the operator, and the gateway goes on.
 */
export function surviveStrayErrors(log: Pick<Logger, 'error'>): void {
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'a rejection nobody handled'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'an exception nobody caught'));
  // Nobody reads our log any more: who started us is gone, and telling of it would fail in the same way.
  process.stdout.on('error', () => process.exit(1));
}
