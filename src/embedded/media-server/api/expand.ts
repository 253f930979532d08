/** Runs one api command line for `${name(arguments)}`. */
export type ApiRunner = (line: string) => Promise<string>;

/**
 * Replaces `${api(arguments)}` by its output and `${name}` by the global variable, innermost first
 * (switch_event_expand_headers, as far as it has no channel).
 */
export async function expandText(text: string, run: ApiRunner, globals: ReadonlyMap<string, string>): Promise<string> {
  let expanded = '';
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf('${', at);
    const end = start < 0 ? -1 : closingBrace(text, start + 2);
    if (end < 0) return expanded + text.slice(at);
    const inner = await expandText(text.slice(start + 2, end), run, globals);
    expanded += text.slice(at, start) + (await valueOf(inner, run, globals));
    at = end + 1;
  }
  return expanded;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

async function valueOf(inner: string, run: ApiRunner, globals: ReadonlyMap<string, string>): Promise<string> {
  const [, name, args] = /^([a-z_]+)[( ](.*?)\)?$/s.exec(inner) ?? [];
  if (name === undefined) return globals.get(inner) ?? '';
  return run(`${name} ${args ?? ''}`);
}

const isNumber = (text: string): boolean => /^-?\d+(?:\.\d+)?$/.test(text);

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = Object.freeze({
  '==': (a, b) => a === b, '=': (a, b) => a === b, '!=': (a, b) => a !== b,
  '>': (a, b) => a > b, '>=': (a, b) => a >= b, '<': (a, b) => a < b, '<=': (a, b) => a <= b,
});

function holds(a: string, operator: string, b: string, quoted: readonly [boolean, boolean]): boolean {
  const numbers = [isNumber(a) && !quoted[0], isNumber(b) && !quoted[1]] as const;
  if (!numbers[0] && !numbers[1] && (operator === '==' || operator === '=' || operator === '!=')) {
    return (a === b) === (operator !== '!=');
  }
  // mod_commands compares the *length* of a text with a number: `_undef_` equals 7
  const [left, right] = [numbers[0] ? Number(a) : a.length, numbers[1] ? Number(b) : b.length];
  return COMPARE[operator]?.(left, right) ?? false;
}

const CONDITION =
  /^('(?:[^'\\]|\\.)*'|\S+)\s+(==|=|!=|>=|<=|>|<)\s*('(?:[^'\\]|\\.)*'|\S+)\s+\?([^:]*)(?::([^:]*))?$/;

/** `cond a == b ? x : y`; `-ERR` when it is not of that form (mod_commands cond_function). */
export function evaluateCondition(args: string): string {
  const match = CONDITION.exec(args.trim());
  if (!match) return '-ERR';
  const [, a = '', operator = '', b = '', yes = '', no = ''] = match;
  const quoted = [a.startsWith("'"), b.startsWith("'")] as const;
  const bare = (text: string): string => (text.startsWith("'") ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text);
  return (holds(bare(a), operator, bare(b), quoted) ? yes : no).trim();
}
