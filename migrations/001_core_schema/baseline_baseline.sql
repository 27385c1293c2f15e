/*---
revision: baseline
parents: []
message: Start from zero
---*/

-- Nothing to do: the point that every database starts from.
