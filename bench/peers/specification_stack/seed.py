"""Creates the peer's tables and the benchmark's data: 100 tenants x 10 users x 50 agents. Prints one access token per tenant."""
import asyncio
import datetime
import json
import os
import time
import uuid

import asyncpg
import jwt

from app import Base, engine


async def main():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    db = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    start = datetime.datetime(2026, 1, 1)
    tokens, tenants, users, agents = [], [], [], []
    for t in range(100):
        tenant = uuid.uuid4()
        tenants.append((tenant, f"Tenant {t}", f"tenant-{t}", "active", start, start, None))
        for u in range(10):
            user = uuid.uuid4()
            users.append((user, tenant, f"user{u}@tenant{t}.example", "member", "active", start, start, None))
        tokens.append(jwt.encode({"sub": str(user), "type": "access", "exp": int(time.time()) + 86400}, os.environ["JWT_SECRET"], "HS256"))
        for a in range(50):
            at = start + datetime.timedelta(seconds=a)
            agents.append((uuid.uuid4(), tenant, f"Agent {a}", f"agent-{a}", "Answers questions about orders, invoices and deliveries.", "active", "anthropic",
                           "claude-sonnet-5-5", "You are a helpful assistant. Answer briefly and say when you do not know.", 0.7, 4096,
                           json.dumps(["chat", "retrieval"]), json.dumps([]), json.dumps([]), json.dumps(["support", "orders"]), json.dumps({"locale": "en"}),
                           json.dumps({"team": "support"}), 300, 10, True, 1, at, at, None))
    await db.copy_records_to_table("tenants", records=tenants, columns=["id", "name", "slug", "status", "created_at", "updated_at", "deleted_at"])
    await db.copy_records_to_table("users", records=users, columns=["id", "tenant_id", "email", "role", "status", "created_at", "updated_at", "deleted_at"])
    await db.copy_records_to_table("agents", records=agents, columns=[
        "id", "tenant_id", "name", "slug", "description", "status", "model_provider", "model_name", "system_prompt", "temperature", "max_tokens", "capabilities",
        "tools", "collection_ids", "tags", "config", "extra_metadata", "timeout_seconds", "max_iterations", "memory_enabled", "version", "created_at", "updated_at",
        "deleted_at"])
    await db.execute("ANALYZE")
    print("\n".join(tokens))


asyncio.run(main())
