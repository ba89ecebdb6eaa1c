ALTER TABLE usage_ledger DROP COLUMN estimated;
