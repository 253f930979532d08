import fc from 'fast-check';
import { DIALOG_TABLE, type DialogInput } from '../../../src/relay/dialog-state';

const inputs = fc.array(fc.constantFrom<DialogInput>('answered', 'failed', 'ended'));

describe('the states of a dialog at the relay', () => {
  it('are forgotten when it ends under an owner, and remembered for an adopter', () => {
    fc.assert(fc.property(inputs, (before) => {
      for (const owner of ['owned', 'ownerless'] as const) {
        const table = DIALOG_TABLE[owner];
        let state: keyof typeof table | 'forgotten' = 'ringing';
        for (const input of [...before, 'ended' as const]) if (state !== 'forgotten') state = table[state][input];
        expect(state).toBe(owner === 'owned' ? 'forgotten' : 'over');
      }
    }));
  });

  it('are not changed by a re-INVITE, whatever becomes of it', () => {
    for (const table of Object.values(DIALOG_TABLE)) {
      expect([table.ringing.answered, table.confirmed.answered, table.confirmed.failed]).toEqual(['confirmed', 'confirmed', 'confirmed']);
    }
  });
});
