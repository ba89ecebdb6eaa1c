"""The specification's own stack, as it describes itself: FastAPI + SQLAlchemy 2 async + asyncpg + Pydantic + JWT.

One endpoint of it, `GET /v1/agents`, with its dependency chain (token, user, tenant), its count and page queries and
its pool. Corrected only where it would do less work than ours: both queries filter by tenant. Uses uvloop and httptools.
"""
import os
import uuid
from datetime import datetime
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

JWT_SECRET = os.environ["JWT_SECRET"]
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=10, echo=False)
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False, autoflush=False)


class Base(DeclarativeBase):
    pass


class Common:
    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True, default=uuid.uuid4)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Tenant(Base, Common):
    __tablename__ = "tenants"
    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    status: Mapped[str] = mapped_column(String(20))


class User(Base, Common):
    __tablename__ = "users"
    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))


class Agent(Base, Common):
    __tablename__ = "agents"
    __table_args__ = (Index("idx_agents_tenant_created", "tenant_id", "created_at"),)
    tenant_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(20))
    model_provider: Mapped[str] = mapped_column(String(50))
    model_name: Mapped[str] = mapped_column(String(100))
    system_prompt: Mapped[str | None]
    temperature: Mapped[float | None]
    max_tokens: Mapped[int | None]
    capabilities: Mapped[Any] = mapped_column(JSONB)
    tools: Mapped[Any] = mapped_column(JSONB)
    collection_ids: Mapped[Any] = mapped_column(JSONB)
    tags: Mapped[Any] = mapped_column(JSONB)
    config: Mapped[Any] = mapped_column(JSONB)
    extra_metadata: Mapped[Any] = mapped_column(JSONB)
    timeout_seconds: Mapped[int]
    max_iterations: Mapped[int]
    memory_enabled: Mapped[bool]
    version: Mapped[int]


class AgentResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True, protected_namespaces=())
    id: uuid.UUID
    tenant_id: uuid.UUID
    name: str
    slug: str
    description: str | None
    status: str
    model_provider: str
    model_name: str
    system_prompt: str | None
    temperature: float | None
    max_tokens: int | None
    capabilities: list[Any]
    tools: list[Any]
    collection_ids: list[uuid.UUID]
    tags: list[str]
    config: dict[str, Any]
    extra_metadata: dict[str, Any]
    timeout_seconds: int
    max_iterations: int
    memory_enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime


class Pagination(BaseModel):
    page: int
    limit: int
    total: int
    total_pages: int


class AgentListResponse(BaseModel):
    data: list[AgentResponse]
    pagination: Pagination


async def get_db():
    async with AsyncSessionLocal() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
            raise


async def get_current_user(authorization: Annotated[str, Header()], db: Annotated[AsyncSession, Depends(get_db)]) -> User:
    scheme, _, token = authorization.partition(" ")
    try:
        payload = jwt.decode(token, JWT_SECRET, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise HTTPException(401, "Could not validate credentials") from error
    user = await db.get(User, uuid.UUID(payload["sub"]))
    if scheme.lower() != "bearer" or user is None or user.status != "active":
        raise HTTPException(403)
    return user


async def get_current_tenant(user: Annotated[User, Depends(get_current_user)], db: Annotated[AsyncSession, Depends(get_db)]) -> Tenant:
    tenant = await db.get(Tenant, user.tenant_id)
    if tenant is None or tenant.status != "active":
        raise HTTPException(403)
    return tenant


app = FastAPI()


@app.get("/v1/agents", response_model=AgentListResponse)
async def list_agents(tenant: Annotated[Tenant, Depends(get_current_tenant)], db: Annotated[AsyncSession, Depends(get_db)],
                      page: int = Query(1, ge=1), limit: int = Query(20, ge=1, le=100)):
    mine = (Agent.tenant_id == tenant.id, Agent.deleted_at.is_(None))
    total = await db.scalar(select(func.count()).select_from(Agent).where(*mine)) or 0
    query = select(Agent).where(*mine).order_by(Agent.created_at.desc()).offset((page - 1) * limit).limit(limit)
    agents = (await db.execute(query)).scalars().all()
    return AgentListResponse(data=[AgentResponse.model_validate(a) for a in agents],
                             pagination=Pagination(page=page, limit=limit, total=total, total_pages=(total + limit - 1) // limit))
