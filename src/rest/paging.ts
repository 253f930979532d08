import { z } from 'zod';

const wholeNumber = z.string().regex(/^\d{1,9}$/, 'must be a whole number').transform(Number);

/**
 * Twilio has 1,000. A page is made in one go, and calls must not notice: 100 long alerts take some milliseconds. A shorter page
 * than was asked for is followed by the next one; the client's `list({ limit: 5000 })` asks for a page of 5,000.
 */
const MOST = 100;

/** Parameters of every list (contracts/twilio 2.1 and 2.2). */
export const pageParameters = {
  PageSize: wholeNumber.pipe(z.number().min(1, 'must be 1 or more')).transform((size) => Math.min(size, MOST)).default(50),
  Page: wholeNumber.default(0),
  PageToken: z.string().regex(/^P[AB][A-Z]{2}[0-9a-f]{32}$/i, 'is not one that a page named').optional(),
};

export interface PageAsked {
  readonly PageSize: number;
  readonly Page: number;
  readonly PageToken?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Tokens of the pages beside it. */
  readonly next: string | undefined;
  readonly previous: string | undefined;
}

/**
 * One page of a list. A token names the item it continues after (`PA...`) or ends before (`PB...`), so that what is added
 * at the head meanwhile neither repeats nor hides an item. What followed one that the list has forgotten is forgotten too.
 */
export function pageOf<T extends { readonly sid: string }>(all: readonly T[], { PageSize, Page, PageToken }: PageAsked): Page<T> {
  const [from, to] = range(all, PageSize, Page, PageToken);
  const items = all.slice(from, to);
  const [first, last] = [items[0], items.at(-1)];
  return {
    items,
    next: last && to < all.length ? `PA${last.sid}` : undefined,
    previous: first && from > 0 ? `PB${first.sid}` : undefined,
  };
}

function range(all: readonly { readonly sid: string }[], size: number, page: number, token: string | undefined): [number, number] {
  if (token === undefined) return [page * size, (page + 1) * size];
  const at = all.findIndex(({ sid }) => sid === token.slice(2));
  const anchor = at < 0 ? all.length : at;
  return token.startsWith('PA') ? [anchor + 1, anchor + 1 + size] : [Math.max(0, anchor - size), anchor];
}

/**
 * The `meta` block of v1 lists. `url` is that of the list; `filters` are the other parameters as they were asked, which
 * every page repeats.
 */
export function pageMeta(key: string, asked: PageAsked, page: Page<unknown>, url: string, filters: Readonly<Record<string, string>>) {
  const { PageSize, Page, PageToken } = asked;
  const at = (number: number, token?: string): string => {
    const parameters = { ...filters, PageSize: String(PageSize), Page: String(number), ...(token === undefined ? {} : { PageToken: token }) };
    return `${url}?${new URLSearchParams(parameters).toString()}`;
  };
  return {
    key,
    page: Page,
    page_size: PageSize,
    url: at(Page, PageToken),
    first_page_url: at(0),
    previous_page_url: page.previous === undefined ? null : at(Math.max(0, Page - 1), page.previous),
    next_page_url: page.next === undefined ? null : at(Page + 1, page.next),
  };
}
