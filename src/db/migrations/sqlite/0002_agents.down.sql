DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE agent_versions;
DROP TABLE agents;
