-- name: match-queue
-- Matches callers and agents who wait side by side because one of them was passed over while his gateway's lease had lapsed.
-- keys: entries tickets leases retained claims sequence waiting agents operation
-- args: account channels nonce rememberMs
-- replies: matched
-- include: shared/once shared/records shared/facts shared/match
match()
return reply({ outcome = 'matched' })
