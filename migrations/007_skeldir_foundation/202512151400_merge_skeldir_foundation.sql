/*---
revision: 202512151400
parents: [202511131121, 202512151300]
labels: [skeldir_foundation]
message: Merge the core schema with the task queue
---*/

-- Nothing to do: the merge only joins two branches.
