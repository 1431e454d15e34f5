#!lua flags=allow-oom
-- Deletes answers that were taken out of the index, unless another replica has stored a newer one meanwhile.
-- KEYS: index, answers. ARGV: their members of the index.

for number, member in ipairs(ARGV) do
  if not redis.call('ZSCORE', KEYS[1], member) then
    redis.call('DEL', KEYS[number + 1])
  end
end
return #ARGV
