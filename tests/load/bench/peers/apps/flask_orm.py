"""A plain Flask and SQLAlchemy ORM service: the list of groups as its documentation teaches to load it."""

import os
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from sqlalchemy import ForeignKey, MetaData, create_engine, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from tests.load.bench.peers.apps import tokens


class Base(DeclarativeBase):
    """Base of all models: one schema."""

    metadata = MetaData(schema="plain")


class Series(Base):
    """A series."""

    __tablename__ = "series"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sort_name: Mapped[str]
    type: Mapped[str]


class Edition(Base):
    """An edition of a series."""

    __tablename__ = "editions"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Volume(Base):
    """A volume of a group."""

    __tablename__ = "volumes"
    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("plain.volume_groups.id"))
    group_order: Mapped[int]
    name: Mapped[str]
    slug: Mapped[str]
    language: Mapped[str]
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("plain.editions.id"))
    special: Mapped[bool]
    special_name: Mapped[str | None]
    nsfw: Mapped[bool]
    nsfw18: Mapped[bool]
    edition: Mapped[Edition | None] = relationship()


class Group(Base):
    """A group of volumes."""

    __tablename__ = "volume_groups"
    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("plain.series.id"))
    name: Mapped[str]
    series_order: Mapped[int]
    series: Mapped[Series] = relationship()
    volumes: Mapped[list[Volume]] = relationship(order_by=Volume.group_order)


_engine = create_engine(os.environ["DATABASE_URL"], pool_size=4)
_loaded = (joinedload(Group.series), selectinload(Group.volumes).joinedload(Volume.edition))
app = Flask(__name__)


@app.get("/groups")
def groups() -> Response:
    """List groups by the titles of their series."""
    if not tokens.good(request.headers.get("Authorization")):
        abort(401)
    limit, offset = int(request.args.get("limit", 50)), int(request.args.get("offset", 0))
    order = (Series.sort_name, Series.id, Group.series_order, Group.id)
    page = select(Group).join(Group.series).order_by(*order).limit(limit).offset(offset).options(*_loaded)
    with Session(_engine) as db:
        total = db.scalar(select(func.count()).select_from(Group))
        return jsonify(groups=[_group(group) for group in db.scalars(page)], total=total)


def _group(group: Group) -> dict[str, Any]:
    series = group.series
    return {
        "id": group.id,
        "name": group.name,
        "series_order": group.series_order,
        "series": {"id": series.id, "name": series.name, "type": series.type},
        "volumes": [_volume(volume) for volume in group.volumes],
    }


def _volume(volume: Volume) -> dict[str, Any]:
    return {
        "id": volume.id,
        "name": volume.name,
        "slug": volume.slug,
        "language": volume.language,
        "edition_id": volume.edition_id,
        "edition_name": volume.edition.name if volume.edition else None,
        "special": volume.special,
        "special_name": volume.special_name,
        "nsfw": volume.nsfw,
        "nsfw18": volume.nsfw18,
    }
