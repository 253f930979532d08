import { CookieJar } from './cookie-jar';

/** Calls whose cookies are remembered; the one silent longest is forgotten first. */
const MAX_CALLS = 10_000;

/** The jars of calls, by account and call. */
export class CallCookies {
  readonly #jars = new Map<string, CookieJar>();

  header(accountSid: string, callSid: string, url: string, now: number): string | undefined {
    return this.#jars.get(keyOf(accountSid, callSid))?.header(new URL(url), now);
  }

  store(accountSid: string, callSid: string, url: string, setCookies: readonly string[], now: number): void {
    if (setCookies.length === 0) return;
    const key = keyOf(accountSid, callSid);
    const jar = this.#jars.get(key) ?? new CookieJar();
    this.#jars.delete(key);
    jar.store(new URL(url), setCookies, now);
    if (jar.size > 0) this.#jars.set(key, jar);
    const [oldest] = this.#jars.keys();
    if (this.#jars.size > MAX_CALLS && oldest !== undefined) this.#jars.delete(oldest);
  }

  forget(accountSid: string, callSid: string): void {
    this.#jars.delete(keyOf(accountSid, callSid));
  }
}

const keyOf = (accountSid: string, callSid: string): string => `${accountSid} ${callSid}`;
