-- The health of a Workgroup or a ReplicaCmek for Argo CD; one script for both kinds. How to install it: docs/gitops.md.
-- Argo CD runs it with the base and table libraries of Lua only.

local function condition(name)
  for _, candidate in ipairs((obj.status or {}).conditions or {}) do
    if candidate.type == name then
      return candidate
    end
  end
  return nil
end

local function health(status, message)
  return { status = status, message = message }
end

if obj.metadata.deletionTimestamp ~= nil then
  local deletable = condition("Deletable")
  return health("Progressing", deletable ~= nil and deletable.message or "The resource is being deleted.")
end

local status = obj.status
if status == nil or status.observedGeneration == nil then
  return health("Progressing", "The operator has not reported a status yet.")
end
if status.observedGeneration ~= obj.metadata.generation then
  return health("Progressing", "The operator has not seen the last edit yet.")
end

-- A person has to act.
local stalled = condition("Stalled")
if stalled ~= nil and stalled.status == "True" then
  return health("Degraded", stalled.message)
end

local ready = condition("Ready")
if ready == nil then
  return health("Progressing", "The operator has not reported a status yet.")
end
-- Something was enabled and is wrong now, even where it may recover by itself.
if status.encryption == "DEGRADED" or status.encryption == "FAILED" then
  return health("Degraded", ready.message)
end
-- It was enabled, and AWS could not be read for too long: that is no sign of damage.
if status.encryption == "UNKNOWN" then
  return health("Unknown", ready.message)
end
if ready.status == "True" then
  return health("Healthy", ready.message)
end
-- It may come by itself, or with another resource: a database that waits for a ReplicaCmek is such a case.
return health("Progressing", ready.message)
