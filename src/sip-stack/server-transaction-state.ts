import { frozenTable, type Move } from './transaction-machine';

export type ServerInput =
  'request' | 'ack' | 'sendProvisional' | 'sendSuccess' | 'sendFailure' | 'transportError' | 'abandon';
export type ServerAction = 'send' | 'resend' | 'reportAckTimeout' | 'reportTransportError' | 'end';

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

const to = <S extends string>(state: S, ...actions: ServerAction[]): Move<S, ServerAction> =>
  ({ state, actions });

/**
 * RFC 6026 figure 2. In accepted a repeated INVITE is absorbed: the owner of the dialog repeats the 2xx by itself until
 * the ACK (RFC 3261 13.3.1.4), so `sendSuccess` stays possible. `abandon`: the owner will never answer.
 */
export const inviteServerTable = frozenTable<InviteServerState, ServerInput, ServerAction>({
  initial: 'proceeding',
  moves: {
    proceeding: {
      request: to('proceeding', 'resend'),
      sendProvisional: to('proceeding', 'send'),
      sendSuccess: to('accepted', 'send'),
      sendFailure: to('completed', 'send'),
      abandon: to('terminated', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
    },
    completed: {
      request: to('completed', 'resend'),
      timerG: to('completed', 'resend'),
      ack: to('confirmed'),
      timerH: to('terminated', 'reportAckTimeout', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
    },
    confirmed: { timerI: to('terminated', 'end') },
    accepted: {
      sendSuccess: to('accepted', 'send'),
      timerL: to('terminated', 'end'),
      transportError: to('accepted', 'reportTransportError'),
    },
    terminated: {},
  },
  timers: {
    proceeding: [], completed: ['G', 'H'], confirmed: ['I'], accepted: ['L'], terminated: [],
  },
});

/** RFC 3261 figure 8. */
export const nonInviteServerTable = frozenTable<NonInviteServerState, ServerInput, ServerAction>({
  initial: 'trying',
  moves: {
    trying: {
      sendProvisional: to('proceeding', 'send'),
      sendSuccess: to('completed', 'send'),
      sendFailure: to('completed', 'send'),
      abandon: to('terminated', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
    },
    proceeding: {
      request: to('proceeding', 'resend'),
      sendProvisional: to('proceeding', 'send'),
      sendSuccess: to('completed', 'send'),
      sendFailure: to('completed', 'send'),
      abandon: to('terminated', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
    },
    completed: {
      request: to('completed', 'resend'),
      timerJ: to('terminated', 'end'),
      transportError: to('terminated', 'reportTransportError', 'end'),
    },
    terminated: {},
  },
  timers: { trying: [], proceeding: [], completed: ['J'], terminated: [] },
});
