import { ADMISSION_REASONS, ADMISSION_TABLE, type AdmissionRule, type GatewayLoad, refusalOf } from '../../../src/capacity';
import { METRICS } from '../../../src/platform/telemetry';

const ROOM: GatewayLoad = {
  accepting: true, calls: 999, callsPerGateway: 1_000, isPaceSpent: false, lateMs: 199, eventLoopLateMs: 200, freeFiles: 64, isMediaUp: true,
  mediaRoom: 6, callsWithoutMedia: 5,
};

describe('the table of admission', () => {
  it('refuses nobody while there is room', () => {
    expect(refusalOf(ROOM)).toBeUndefined();
  });

  it.each<[string, Partial<GatewayLoad>]>([
    ['stopping', { accepting: false }],
    ['over-capacity', { calls: 1_000 }],
    ['gateway-rate', { isPaceSpent: true }],
    ['gateway-late', { lateMs: 200 }],
    ['gateway-files', { freeFiles: 63 }],
    ['media-down', { isMediaUp: false }],
    ['media-full', { mediaRoom: 5 }],
    ['media-full', { callsWithoutMedia: 6 }],
  ])('refuses for want of room: %s', (reason, full) => {
    expect(refusalOf({ ...ROOM, ...full })).toBe(reason);
  });

  it('names the first of several reasons', () => {
    const full = { ...ROOM, accepting: false, calls: 2_000, isPaceSpent: true, lateMs: 900, isMediaUp: false, mediaRoom: 0 };
    expect(refusalOf(full)).toBe('stopping');
    expect(refusalOf({ ...full, accepting: true, calls: 0 })).toBe('gateway-rate');
  });

  it('lets a gateway be as late as it is where that was switched off', () => {
    expect(refusalOf({ ...ROOM, lateMs: 5_000, eventLoopLateMs: 0 })).toBeUndefined();
  });

  it('asks what this process knows before what Redis has to count', () => {
    const asksRedis = ADMISSION_REASONS.map((reason) => (ADMISSION_TABLE[reason] as AdmissionRule).isFull === undefined);
    expect(asksRedis).toEqual([...asksRedis].sort());
    expect(asksRedis).toContain(true);
  });

  it('has a value of the metric for every reason', () => {
    expect(METRICS.holdfast_capacity_refused_total.labels.reason).toEqual(ADMISSION_REASONS);
  });
});
