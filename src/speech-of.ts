import { FliteProvider, Speech } from './media/speech';
import type { Config } from './platform/config';
import type { Logger, Metrics } from './platform/telemetry';

/** Speech as it is configured. */
export function speechOf({ speech, mediaDir }: Config, metrics: Metrics, log: Logger): Speech {
  const { defaultVoice, maxTextLength, timeoutMs, cacheBytes, cacheMaxAgeMs } = speech;
  return new Speech({
    provider: new FliteProvider({ defaultVoice, timeoutMs }),
    directory: `${mediaDir}/speech`,
    maxTextLength,
    cache: { maxBytes: cacheBytes, maxAgeMs: cacheMaxAgeMs },
    report: (problem) => log.warn({ problem }, 'the cache of speech was not swept'),
    onResult: (outcome, durationMs) => {
      metrics.increment('holdfast_media_speech_total', { outcome });
      if (outcome === 'synthesized') metrics.observe('holdfast_media_speech_seconds', {}, durationMs / 1_000);
    },
  });
}
