/*---
revision: e9b7435efea6
parents: [202511161210, 202512081510]
message: Merge the PII controls with the language model subsystem
---*/

-- Nothing to do: the merge only joins two branches.
