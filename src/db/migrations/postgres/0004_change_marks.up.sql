-- Executor::change_mark: a number per tenant and table that every committed write moves on, so that a reader can tell whether what it keeps is
-- still true. On SQLite, where one process writes, the counters are in memory (db/sqlite/change_marks.hpp).
CREATE TABLE change_marks (
    tenant_id UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    table_name TEXT NOT NULL,
    mark BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, table_name)
);

CREATE FUNCTION agentic_change_mark() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
    INSERT INTO change_marks (tenant_id, table_name, mark)
    VALUES (CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END, TG_TABLE_NAME, 1)
    ON CONFLICT (tenant_id, table_name) DO UPDATE SET mark = change_marks.mark + 1;
    RETURN NULL;
END
$f$;

CREATE TRIGGER change_mark AFTER INSERT OR UPDATE OR DELETE ON agents FOR EACH ROW EXECUTE FUNCTION agentic_change_mark();
