import { frozenTable, type Move } from './transaction-machine';

export type ClientInput = 'provisional' | 'success' | 'failure' | 'transportError' | 'abandon';
export type ClientAction = 'resend' | 'deliver' | 'ack' | 'reportTimeout' | 'reportTransportError' | 'end';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

const to = <S extends string>(state: S, ...actions: ClientAction[]): Move<S, ClientAction> =>
  ({ state, actions });

/** RFC 6026 figure 1 (RFC 3261 figure 5 with Accepted). `abandon`: no final came within 64*T1 of a CANCEL (9.1). */
export const inviteClientTable = frozenTable<InviteClientState, ClientInput, ClientAction>({
  initial: 'calling',
  moves: {
    calling: {
      timerA: to('calling', 'resend'),
      timerB: to('terminated', 'reportTimeout', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
      provisional: to('proceeding', 'deliver'),
      success: to('accepted', 'deliver'),
      failure: to('completed', 'ack', 'deliver'),
    },
    proceeding: {
      provisional: to('proceeding', 'deliver'),
      success: to('accepted', 'deliver'),
      failure: to('completed', 'ack', 'deliver'),
      abandon: to('terminated', 'reportTimeout', 'end'),
    },
    completed: {
      failure: to('completed', 'ack'),
      transportError: to('terminated', 'reportTransportError', 'end'),
      timerD: to('terminated', 'end'),
    },
    accepted: {
      success: to('accepted', 'deliver'),
      timerM: to('terminated', 'end'),
    },
    terminated: {},
  },
  timers: { calling: ['A', 'B'], proceeding: [], completed: ['D'], accepted: ['M'], terminated: [] },
});

/** RFC 3261 figure 6. Timer E keeps its doubling in proceeding, where it is capped at T2 as in trying. */
export const nonInviteClientTable = frozenTable<NonInviteClientState, ClientInput, ClientAction>({
  initial: 'trying',
  moves: {
    trying: {
      timerE: to('trying', 'resend'),
      timerF: to('terminated', 'reportTimeout', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
      provisional: to('proceeding', 'deliver'),
      success: to('completed', 'deliver'),
      failure: to('completed', 'deliver'),
    },
    proceeding: {
      timerE: to('proceeding', 'resend'),
      timerF: to('terminated', 'reportTimeout', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
      provisional: to('proceeding', 'deliver'),
      success: to('completed', 'deliver'),
      failure: to('completed', 'deliver'),
    },
    completed: { timerK: to('terminated', 'end') },
    terminated: {},
  },
  timers: { trying: ['E', 'F'], proceeding: ['E', 'F'], completed: ['K'], terminated: [] },
});
