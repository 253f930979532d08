-- What a gateway knows of a record of its own, and what Redis has: which one counts. Needs shared/records.

local function token_of(record)
  return record.token or record.claim and record.claim.token
end

-- `over` is the state in which a record stays for ever.
local function stands(present, known, over)
  if present.state == over or present.epoch > known.epoch then return true end
  local same = token_of(present) == token_of(known)
  -- No claim follows on a bridge but by what was written after Redis had lost it.
  if known.state == 'bridged' and not same then return false end
  if present.revision ~= known.revision then return present.revision > known.revision end
  return same and present.state == known.state
end

-- Whether what Redis has counts. The gateway believes later revisions only, so it gets one.
local function is_kept(present, known, over, save)
  if not stands(present, known, over) then return false end
  if present.revision < known.revision then
    present.revision = known.revision
    save(present)
  end
  return true
end
