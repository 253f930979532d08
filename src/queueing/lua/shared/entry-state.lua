-- The state table of queue-entry-state.ts; test/redis/queueing/state-table.test.ts compares them.
-- A word that is not a state is the result of an end.
local NEXT = {
  waiting = {
    claim = 'claimed', leave = 'leave', hangup = 'hangup', redirect = 'redirected', error = 'error',
    ['system-error'] = 'system-error', ['bridge-ended'] = 'system-error',
  },
  claimed = {
    release = 'waiting', ['begin-bridge'] = 'bridging', leave = 'leave', hangup = 'hangup', redirect = 'redirected',
    error = 'error', ['system-error'] = 'system-error', ['bridge-ended'] = 'system-error',
  },
  bridging = {
    release = 'waiting', ['begin-bridge'] = 'bridging', bridged = 'bridged', leave = 'leave', hangup = 'hangup',
    redirect = 'redirected', error = 'error', ['system-error'] = 'system-error', ['bridge-ended'] = 'bridged',
  },
  bridged = {
    bridged = 'bridged', leave = 'bridged', hangup = 'bridged', redirect = 'redirected-from-bridged', error = 'bridged',
    ['system-error'] = 'system-error', ['bridge-ended'] = 'bridged',
  },
  ended = {},
}
