import { createHash, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { RecordingRecord, RecordingShelf } from './recording-shelf';

export interface RecordingDoor {
  readonly shelf: RecordingShelf;
  /** The account's token, when there is such an account. */
  readonly authTokenOf: (accountSid: string) => Promise<string | undefined>;
}

/**
 * Answers `/2010-04-01/Accounts/AC.../Recordings/RE...`: WAV without extension or with `.wav`, facts with `.json` (contracts/twilio
 * 7.3; there is no MP3 here). Only with the account's own credentials (Basic AccountSid:AuthToken).
 */
export async function serveRecording(
  door: RecordingDoor,
  request: IncomingMessage,
  response: ServerResponse,
  { accountSid, name }: { readonly accountSid: string; readonly name: string },
): Promise<void> {
  const token = await door.authTokenOf(accountSid);
  if (token === undefined || !isAuthorised(request.headers.authorization, accountSid, token)) {
    response.setHeader('WWW-Authenticate', 'Basic realm="Holdfast"');
    refuse(response, 401, 20003, 'Authenticate');
    return;
  }
  const [, sid = '', extension = ''] = /^([^.]*)(?:\.([a-z0-9]+))?$/.exec(name) ?? [];
  const found = ['', 'wav', 'json'].includes(extension) ? await door.shelf.find(accountSid, sid) : undefined;
  if (!found) {
    refuse(response, 404, 20404, `The requested resource ${request.url?.split('?', 1)[0] ?? ''} was not found`);
    return;
  }
  if (extension === 'json') {
    response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(JSON.stringify(resourceOf(found.recording)));
    return;
  }
  const { size } = await stat(found.path);
  response.writeHead(200, { 'Content-Type': 'audio/x-wav', 'Content-Length': size, 'Cache-Control': 'private' });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(found.path), response);
}

/** Names and values of the Recording resource (contracts/twilio appendix A). */
function resourceOf(recording: RecordingRecord): Record<string, unknown> {
  const { sid, accountSid, callSid, durationMs, channels, source, track, startedAt } = recording;
  const date = new Date(startedAt).toUTCString().replace('GMT', '+0000');
  return {
    sid, account_sid: accountSid, call_sid: callSid, conference_sid: null, api_version: '2010-04-01', channels, source, track,
    status: 'completed', duration: String(Math.round(durationMs / 1_000)), start_time: date, date_created: date, date_updated: date,
    price: null, price_unit: null, error_code: null, encryption_details: null,
    uri: `/2010-04-01/Accounts/${accountSid}/Recordings/${sid}.json`,
  };
}

function isAuthorised(header: string | undefined, accountSid: string, token: string): boolean {
  const [, credentials = ''] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  return timingSafeEqual(digest(Buffer.from(credentials, 'base64')), digest(Buffer.from(`${accountSid}:${token}`)));
}

/** Equal lengths for the comparison, whatever was sent. */
const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }));
}
