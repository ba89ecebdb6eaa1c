-- Lines of the ledger that the provider did not count, or not to the end: of calls that broke off, and of servers that report no usage.
ALTER TABLE usage_ledger ADD COLUMN estimated BOOLEAN NOT NULL DEFAULT FALSE;
