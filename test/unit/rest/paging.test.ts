import { pageMeta, pageOf } from '../../../src/rest/paging';

const sidOf = (number: number): string => `NO${String(number).padStart(32, '0')}`;
/** Newest first, numbered from the oldest. */
const listTo = (newest: number): { sid: string }[] => Array.from({ length: newest }, (_, at) => ({ sid: sidOf(newest - at) }));
const asked = (PageSize: number, PageToken?: string, Page = 0) => ({ PageSize, Page, PageToken });
const numbers = ({ items }: { readonly items: readonly { readonly sid: string }[] }): number[] => items.map(({ sid }) => Number(sid.slice(2)));

describe('pages of a list', () => {
  it('go from the first to the last and back', () => {
    const all = listTo(5);
    const first = pageOf(all, asked(2));
    expect([numbers(first), first.previous]).toEqual([[5, 4], undefined]);
    const second = pageOf(all, asked(2, first.next));
    const third = pageOf(all, asked(2, second.next));
    expect([numbers(second), numbers(third), third.next]).toEqual([[3, 2], [1], undefined]);
    expect(numbers(pageOf(all, asked(2, third.previous)))).toEqual([3, 2]);
    expect(pageOf(all, asked(5)).next).toBeUndefined();
    expect(pageOf([], asked(5))).toEqual({ items: [], next: undefined, previous: undefined });
  });

  it('neither repeat nor hide an item when others are added at the head meanwhile', () => {
    const first = pageOf(listTo(5), asked(2));
    const second = pageOf(listTo(8), asked(2, first.next));
    expect([numbers(first), numbers(second)]).toEqual([[5, 4], [3, 2]]);
    expect(numbers(pageOf(listTo(9), asked(2, second.previous)))).toEqual([5, 4]);
  });

  it('are empty after an item that the list has forgotten, and the last ones before it', () => {
    expect(pageOf(listTo(5).slice(0, 3), asked(2, `PA${sidOf(2)}`))).toEqual({ items: [], next: undefined, previous: undefined });
    expect(numbers(pageOf(listTo(5).slice(0, 3), asked(2, `PB${sidOf(2)}`)))).toEqual([4, 3]);
  });

  it('are found by their number as well', () => {
    expect([1, 2, 3].map((page) => numbers(pageOf(listTo(5), asked(2, undefined, page))))).toEqual([[3, 2], [1], []]);
  });

  it('are described as Twilio describes them', () => {
    const page = { items: [], next: 'PAx', previous: undefined };
    expect(pageMeta('alerts', asked(2), page, 'http://h/v1/Alerts', { StartDate: '2026-01-01', LogLevel: 'a&b' })).toEqual({
      key: 'alerts', page: 0, page_size: 2, previous_page_url: null,
      url: 'http://h/v1/Alerts?StartDate=2026-01-01&LogLevel=a%26b&PageSize=2&Page=0',
      first_page_url: 'http://h/v1/Alerts?StartDate=2026-01-01&LogLevel=a%26b&PageSize=2&Page=0',
      next_page_url: 'http://h/v1/Alerts?StartDate=2026-01-01&LogLevel=a%26b&PageSize=2&Page=1&PageToken=PAx',
    });
  });
});
