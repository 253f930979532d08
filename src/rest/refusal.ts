/** Why a request is not done, as the account is told (contracts/twilio 1.4 and 13). */
export class Refusal {
  constructor(
    readonly status: number,
    /** Code of the error dictionary. */
    readonly code: number,
    readonly message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get body(): Record<string, unknown> {
    const { status, code, message } = this;
    return { code, message, more_info: moreInfo(code), status };
  }
}

/** The page of the error dictionary. */
export const moreInfo = (code: number): string => `https://www.twilio.com/docs/errors/${code}`;

export const notFound = (path: string): Refusal => new Refusal(404, 20404, `The requested resource ${path} was not found`);

export const UNAUTHENTICATED = new Refusal(401, 20003, 'Authenticate', { 'www-authenticate': 'Basic realm="Holdfast"' });
export const SUSPENDED = new Refusal(403, 20005, 'The account is suspended');
export const TOO_MANY = new Refusal(429, 20429, 'Too many requests of this account', { 'retry-after': '1' });
export const INTERNAL = new Refusal(500, 20500, 'An internal error has occurred');
export const UNAVAILABLE = new Refusal(503, 20503, 'The service is not available now: try again later', { 'retry-after': '5' });
