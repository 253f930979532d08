import { alertCodes } from '../../../src/lib';
import { LIMIT_NAMES } from '../../../src/platform/config';
import { accountLimits, type AccountLimits, LIMIT_FACTS, type LimitAlert, LimitBook, LimitNotices, type TenantDirectory } from '../../../src/tenancy';
import { ManualClock } from '../../support/manual-clock';

const DEFAULTS = Object.fromEntries(LIMIT_NAMES.map((name) => [name, 10])) as AccountLimits;

const directory = (account: () => Promise<object>): TenantDirectory => ({ account }) as unknown as TenantDirectory;

describe('the limits of an account', () => {
  it('are its own, and the defaults of the installation for the rest', () => {
    expect(accountLimits(undefined, DEFAULTS)).toEqual(DEFAULTS);
    expect(accountLimits({ limits: { queues: 3 } }, DEFAULTS)).toEqual({ ...DEFAULTS, queues: 3 });
  });

  it('have an alert that the catalogue knows', () => {
    expect(Object.values(LIMIT_FACTS).filter(({ code }) => !(code in alertCodes))).toEqual([]);
  });

  it('are seen soon when they change', async () => {
    const clock = new ManualClock();
    let queues = 4;
    const book = new LimitBook(directory(async () => ({ limits: { queues } })), DEFAULTS, clock);
    expect(await book.of('AC1')).toEqual({ ...DEFAULTS, queues: 4 });
    queues = 5;
    clock.advance(500);
    expect((await book.of('AC1')).queues).toBe(5);
  });

  it('stay what they were while Redis is away, and only the first who asks waits for it', async () => {
    const clock = new ManualClock();
    let answer: () => Promise<object> = async () => ({ limits: { queues: 4 } });
    let asked = 0;
    const book = new LimitBook(directory(() => {
      asked += 1;
      return answer();
    }), DEFAULTS, clock);
    expect((await book.of('AC1')).queues).toBe(4);
    answer = () => Promise.reject(new Error('away'));
    clock.advance(500);
    expect((await book.of('AC1')).queues).toBe(4);
    expect((await book.of('AC2')).queues).toBe(10);
    answer = () => new Promise(() => undefined);
    clock.advance(500);
    expect([(await book.of('AC1')).queues, (await book.of('AC1')).queues, (await book.of('AC2')).queues]).toEqual([4, 4, 10]);
    expect(asked).toBe(5);
  });

  it('are read again when Redis is back', async () => {
    const clock = new ManualClock();
    let isAway = true;
    const book = new LimitBook(directory(async () => {
      if (isAway) throw new Error('away');
      return { limits: { queues: 4 } };
    }), DEFAULTS, clock);
    expect((await book.of('AC1')).queues).toBe(10);
    isAway = false;
    clock.advance(500);
    await book.of('AC1');
    await new Promise((resolve) => setImmediate(resolve));
    expect((await book.of('AC1')).queues).toBe(4);
  });
});

describe('what an account is told of its limits', () => {
  const told: LimitAlert[] = [];
  let clock: ManualClock;
  let notices: LimitNotices;
  beforeEach(() => {
    told.length = 0;
    clock = new ManualClock();
    notices = new LimitNotices(clock, (alert) => told.push(alert));
  });
  const flood = (count: number, accountSid = 'AC1'): void => {
    for (let n = 0; n < count; n += 1) notices.reached({ accountSid, limit: 'concurrentCalls', message: 'full', callSid: `CA${n}` });
  };

  it('is the first at once, and how many more when a minute is over', () => {
    flood(500);
    expect(told).toEqual([{ accountSid: 'AC1', callSid: 'CA0', code: 10004, message: 'full' }]);
    clock.advance(60_000);
    expect(told.slice(1)).toEqual([{ accountSid: 'AC1', code: 10004, message: 'concurrentCalls: the same 499 times more within a minute' }]);
    clock.advance(600_000);
    expect(told).toHaveLength(2);
    flood(1);
    clock.advance(60_000);
    expect(told).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  it('is apart for each account and limit', () => {
    flood(3);
    flood(3, 'AC2');
    notices.reached({ accountSid: 'AC1', limit: 'documentsPerMinute', message: 'too many', url: 'http://app.test/' });
    expect(told.map(({ accountSid, code }) => `${accountSid} ${code}`)).toEqual(['AC1 10004', 'AC2 10004', 'AC1 20429']);
  });

  it('is told before the gateway stops', () => {
    flood(3);
    notices.stop();
    expect(told.at(-1)?.message).toBe('concurrentCalls: the same 2 times more within a minute');
    expect(clock.pending).toBe(0);
  });
});
