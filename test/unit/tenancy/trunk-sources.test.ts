import { trunkSources } from '../../../src/tenancy';

describe('where the calls of trunks come from', () => {
  it('is each block once, and anywhere only by digest without sources', () => {
    expect(trunkSources([
      { name: 'carrier', sources: ['203.0.113.0/24', '198.51.100.1'] },
      { name: 'second', sources: ['203.0.113.0/24'] },
      { name: 'office', sources: ['192.0.2.0/28'], domain: 'office.example' },
      { name: 'homes', sources: [], domain: 'homes.example' },
      { name: 'way out', sources: [], outbound: { host: 'carrier.example' } },
    ])).toEqual({ blocks: ['203.0.113.0/24', '198.51.100.1', '192.0.2.0/28'], anywhere: ['homes'] });
  });
});
