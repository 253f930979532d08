import { CorpusCount } from '../../support/corpus-count';
import { Edge } from './edge';
import { judge, VERDICTS } from './judge';
import { ipv6Cases } from './rfc5118-cases';

// The RFC gives many of its messages the same branch: one server for all would take them for repetitions.
let edge: Edge;
beforeEach(async () => {
  edge = new Edge();
  await edge.start();
});
afterEach(() => edge.stop());

const told = new CorpusCount('sip-torture');
afterAll(() => told.print());

describe('RFC 5118', () => {
  it.each(ipv6Cases)('$section $name: $about', async (torture) => {
    await judge(torture, edge);
    told.add(`${VERDICTS[torture.verdict.kind]} (RFC 5118)`);
  });

  it('has 10 sections, each of them here', () => {
    expect(new Set(ipv6Cases.map(({ section }) => section)).size).toBe(10);
  });
});
