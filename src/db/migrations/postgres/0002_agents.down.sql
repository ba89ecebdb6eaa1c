DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE agent_versions;
DROP TABLE agents;
DROP FUNCTION agentic_refuse_update();
