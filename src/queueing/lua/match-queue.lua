-- name: match-queue
-- Matches callers and agents who wait side by side because one of them was passed over while his gateway's lease had lapsed.
-- keys: entries tickets leases retained claims sequence waiting agents
-- args: account channels nonce
-- replies: matched
-- include: shared/records shared/match
match()
return reply({ outcome = 'matched' })
