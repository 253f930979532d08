/** The URL a text is, undefined when it is none. URL.parse of Node 22; URL.canParse before `new URL` would read it twice. */
export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined; // A TypeError, the only one this call has.
  }
}
