-- name: match-queue
-- Matches callers and agents who wait side by side because one of them was passed over while his gateway's lease had lapsed.
-- keys: entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce rememberMs
-- replies: matched
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/settling shared/match
match()
return reply({ outcome = 'matched' })
