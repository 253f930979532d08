import type { MediaPool } from './media';
import type { Logger, Metrics } from './platform/telemetry';

/** Tells operators what becomes of the media servers. */
export function watchMedia(pool: MediaPool, metrics: Metrics, log: Logger): void {
  for (const server of pool.servers) {
    server.on('up', () => log.info({ mediaServer: server.name }, 'media server is up'));
    server.on('down', (reason, channels) => log.error({ mediaServer: server.name, reason, channels }, 'media server is down'));
    server.on('cleaned', (ended, found) =>
      log.warn({ mediaServer: server.name, ended, found }, 'media server is back: channels of moved calls ended, those of others found'));
  }
  pool.on('layer-failed', (mediaServer, source) => {
    metrics.increment('holdfast_media_layers_failed_total', {});
    const mend = 'look at its directory for this sound (media.holdStream, HOLDFAST_MEDIA_DIR)';
    log.error({ mediaServer, source }, `the media server cannot play what callers hear while they wait: ${mend}`);
  });
}
