-- $1 union account id, $2 day in the union's zone, $3 calls so far. Several processes share the row: the larger count
-- stays. By primary key.
INSERT INTO union_budget (union_account_id, day, calls) VALUES ($1, $2, $3)
ON CONFLICT (union_account_id, day) DO UPDATE SET calls = CASE WHEN excluded.calls > union_budget.calls THEN excluded.calls ELSE union_budget.calls END
