DROP TRIGGER change_mark ON agents;
DROP FUNCTION agentic_change_mark();
DROP TABLE change_marks;
