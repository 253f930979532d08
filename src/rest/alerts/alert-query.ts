import { z } from 'zod';
import { fromMoment, untilMoment } from '../date-time';
import { pageParameters } from '../paging';

/** Parameters of `GET /v1/Alerts` (contracts/twilio appendix D). Nothing here is a notice or for debugging: none match. */
export const alertQuery = z.object({
  LogLevel: z.enum(['error', 'warning', 'notice', 'debug'], 'must be error, warning, notice or debug').optional(),
  StartDate: fromMoment.optional(),
  EndDate: untilMoment.optional(),
  ...pageParameters,
});

export const ALERT_FILTERS = ['LogLevel', 'StartDate', 'EndDate'] as const;
