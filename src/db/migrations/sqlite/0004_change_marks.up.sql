-- Nothing to do: on SQLite change marks are counted in memory (db/sqlite/change_marks.hpp).
SELECT 1;
