import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseDocument } from '../../../src/twiml';
import { CorpusCount } from '../../support/corpus-count';
import { quickestMs } from '../../support/quickest';
import { hostileDocuments } from './hostile-documents';

const documents = hostileDocuments();
const told = new CorpusCount('xml');

/** One document may hold the event loop no longer, and cost no more memory at its peak. */
const LONGEST_MS = 50;
const MOST_BYTES = 32 * 1024 * 1024;

describe(`a corpus of ${documents.length} hostile documents`, () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  afterAll(() => told.print());

  it('has at least 300 documents, none twice', () => {
    expect(documents.length).toBeGreaterThanOrEqual(300);
    expect(new Set(documents.map(({ name }) => name)).size).toBe(documents.length);
    const texts = new Set(documents.map(({ body, contentType }) => `${contentType} ${body.toString('latin1')}`));
    expect(texts.size).toBeGreaterThanOrEqual(300);
  });

  it(`gets the right verdict, ${documents.filter(({ verdict }) => verdict === 'refused').length} of them a refusal of the document family`, () => {
    const wrong = documents.flatMap(({ name, body, contentType, verdict }) => {
      const parsed = parseDocument(body, contentType);
      if (!parsed.ok && ![11750, 12100, 12101, 12102].includes(parsed.code)) return [`${name}: ${parsed.code}`];
      if (!parsed.ok && parsed.message.length > 400) return [`${name}: a message of ${parsed.message.length} characters`];
      if (parsed.ok && parsed.warnings.length > 100) return [`${name}: ${parsed.warnings.length} warnings`];
      if (verdict === 'either' || (verdict === 'read') === parsed.ok) return [];
      return [`${name}: ${parsed.ok ? 'read' : `refused: ${parsed.message}`}`];
    });
    expect(wrong).toEqual([]);
    for (const { body, contentType } of documents) told.add(parseDocument(body, contentType).ok ? 'hostile read in part' : 'hostile refused');
  });

  it(`never blocks the event loop for ${LONGEST_MS} ms`, () => {
    const slow = documents.flatMap(({ name, body, contentType }) => {
      const took = quickestMs(() => parseDocument(body, contentType), LONGEST_MS);
      return took < LONGEST_MS ? [] : [`${name}: ${took.toFixed(1)} ms`];
    });
    expect(slow).toEqual([]);
    told.add(`took under ${LONGEST_MS} ms`, documents.length);
  });

  it('never costs 32 MB', () => {
    const peak = (): number => process.resourceUsage().maxRSS * 1_024;
    const greedy = documents.flatMap(({ name, body, contentType }) => {
      collect();
      const before = process.memoryUsage();
      const peakBefore = peak();
      parseDocument(body, contentType);
      const after = process.memoryUsage();
      const held = after.heapUsed + after.external - before.heapUsed - before.external;
      const cost = Math.max(held, peak() - Math.max(peakBefore, before.rss));
      return cost < MOST_BYTES ? [] : [`${name}: ${(cost / 2 ** 20).toFixed(1)} MB`];
    });
    expect(greedy).toEqual([]);
    told.add(`cost under ${MOST_BYTES / 2 ** 20} MB`, documents.length);
  }, 120_000);
});
