import { alertLevel } from '../../lib';
import { pageMeta, pageOf } from '../paging';
import { readQuery } from '../read-query';
import { notFound, Refusal } from '../refusal';
import type { Asked, Resource, RestPorts } from '../resource';
import { ALERT_FILTERS, alertQuery } from './alert-query';
import { presentAlert, presentWholeAlert } from './present-alert';

/** What an account is told of errors and warnings (the Monitor API). */
export const alerts: Resource = {
  name: 'Alerts',
  notes: [
    'What went wrong with documents, requests, audio and limits: codes and levels are in [errors.md](errors.md). The newest',
    '1,000 alerts of an account are kept, for 30 days. Only the alert itself has `request_variables`, `response_headers` and',
    '`response_body`: bounded, and without what looks like a secret. `StartDate` and `EndDate` are days or moments in GMT, both',
    'included. Pages have 100 alerts at most and follow `meta.next_page_url`: alerts that come meanwhile neither repeat nor hide one.', '',
    '    const client = twilio(accountSid, authToken);',
    '    client.monitor.baseUrl = \'https://gateway.example\';',
    '    const [newest] = await client.monitor.v1.alerts.list({ logLevel: \'error\', limit: 1 });',
    '    const { requestUrl, requestVariables, responseBody } = await client.monitor.v1.alerts(newest.sid).fetch();',
  ],
  operations: [
    { method: 'GET', path: '/v1/Alerts', what: 'newest first; `LogLevel`, `StartDate`, `EndDate`, `PageSize`, `Page`, `PageToken`', answer: list },
    { method: 'GET', path: '/v1/Alerts/:sid', what: 'one alert with the request and its answer', answer: fetch },
  ],
};

async function list({ account, path, query, baseUrl }: Asked, { alerts: log }: RestPorts): Promise<object | Refusal> {
  const asked = readQuery(alertQuery, query);
  if (asked instanceof Refusal) return asked;
  const { LogLevel, StartDate = -Infinity, EndDate = Infinity } = asked;
  const fitting = (await log.list(account.sid)).filter(({ at, code }) =>
    at >= StartDate && at <= EndDate && (LogLevel === undefined || alertLevel(code) === LogLevel));
  const page = pageOf(fitting, asked);
  const given = query as Readonly<Record<string, string>>;
  const filters = Object.fromEntries(ALERT_FILTERS.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
  const summaries = await log.summaries(account.sid, page.items.map(({ sid }) => sid));
  return {
    meta: pageMeta('alerts', asked, page, baseUrl + path, filters),
    alerts: summaries.map((alert) => presentAlert(alert, baseUrl)),
  };
}

async function fetch({ account, path, parameters, baseUrl }: Asked, { alerts: log }: RestPorts): Promise<object | Refusal> {
  const alert = await log.find(account.sid, parameters['sid'] ?? '');
  return alert ? presentWholeAlert(alert, baseUrl) : notFound(path);
}
