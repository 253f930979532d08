import { alertLevel } from '../../lib';
import type { Alert, AlertSummary } from '../../tenancy';
import { isoSeconds } from '../date-time';
import { moreInfo } from '../refusal';

/** What raises our alerts: in Twilio's numbers the component that runs documents. */
const SOURCE_COMPONENT = '12000';

/** Names and values of the Alert resource (contracts/twilio appendix D) as they stand in a list. */
export function presentAlert(alert: AlertSummary, baseUrl: string) {
  const { sid, accountSid, callSid, code, at, url, requestUrl, requestMethod } = alert;
  const date = isoSeconds(at);
  return {
    sid, account_sid: accountSid, resource_sid: callSid ?? null, service_sid: null, api_version: '2010-04-01',
    error_code: String(code), log_level: alertLevel(code), more_info: moreInfo(code), alert_text: alertText(alert),
    request_method: requestMethod ?? null, request_url: requestUrl ?? url ?? null,
    date_created: date, date_generated: date, date_updated: date,
    url: `${baseUrl}/v1/Alerts/${sid}`,
  };
}

/** With the request and its answer, which only the alert itself has. `request_headers` is null, as with Twilio. */
export function presentWholeAlert(alert: Alert, baseUrl: string) {
  const { requestParams, responseHeaders, responseBody } = alert;
  return {
    ...presentAlert(alert, baseUrl),
    request_headers: null,
    request_variables: requestParams ?? null,
    response_headers: responseHeaders === undefined ? null : String(new URLSearchParams(responseHeaders)),
    response_body: responseBody ?? null,
  };
}

/** Form-encoded facts, as Twilio writes them. */
function alertText({ code, message, url, responseStatus }: AlertSummary): string {
  return String(new URLSearchParams({
    Msg: message,
    ErrorCode: String(code),
    LogLevel: alertLevel(code) === 'error' ? 'ERROR' : 'WARN',
    sourceComponent: SOURCE_COMPONENT,
    ...(responseStatus === undefined ? {} : { httpResponse: String(responseStatus) }),
    ...(url === undefined ? {} : { url }),
  }));
}
