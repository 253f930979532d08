const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const REFERENCE = /&(?:([A-Za-z]+)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));/g;
/** An `&` that begins none: the first is enough, however many there are. */
const BARE = /&(?!(?:[A-Za-z]+|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/;

/**
 * Text with its character references decoded: the five names of XML and numeric references to characters XML allows
 * (XML 1.0 section 2.2). undefined when a reference is unknown, broken or names a forbidden character.
 */
export function decodeEntities(text: string): string | undefined {
  if (!text.includes('&')) return text;
  if (BARE.test(text)) return undefined;
  let undecodable = false;
  const decoded = text.replace(REFERENCE, (_whole, name, decimal, hex) => {
    const character = name !== undefined
      ? (Object.hasOwn(NAMED, String(name)) ? NAMED[String(name)] : undefined)
      : characterOf(decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal));
    if (character === undefined) undecodable = true;
    return character ?? '';
  });
  return undecodable ? undefined : decoded;
}

function characterOf(code: number): string | undefined {
  const legal = code === 0x9 || code === 0xa || code === 0xd || (code >= 0x20 && code <= 0xd7ff)
    || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
  return legal ? String.fromCodePoint(code) : undefined;
}
