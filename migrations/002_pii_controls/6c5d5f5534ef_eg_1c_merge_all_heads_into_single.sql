/*---
revision: 6c5d5f5534ef
parents: [e9b7435efea6, 202512091100, 202512171700]
message: Merge all heads into one
---*/

-- Nothing to do: the merge ends the state of three heads.
