"""Creates the demo's accounts with reading histories, ratings, collections, settings and pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.books import Volume
from deploy.demo.covers.pictures import avatar
from deploy.demo.facts import Series
from deploy.demo.filling.catalogue import SeriesKey
from deploy.demo.filling.covers import encoded
from deploy.demo.gateway import Gateway, Refused
from deploy.demo.progress import Progress
from deploy.demo.readers import CLIENT, Reader, ratings, readings, shelf


@dataclass(frozen=True, slots=True)
class Shop:
    """The catalogue from which accounts choose their entries."""

    series: Mapping[SeriesKey, int]
    volumes: Mapping[Volume, int]
    books: tuple[Volume, ...]
    client: int = CLIENT

    def of(self, series: Series) -> int | None:
        """Return the id of a series, None if it is not in the catalogue."""
        return self.series.get((series.name, series.type))


def steps(reader: Reader, books: tuple[Volume, ...]) -> int:
    """Return the number of progress steps of an account."""
    return reader.read + reader.rated + sum(1 for _ in shelf(reader, books)) + 1


def sign_up(gateway: Gateway, reader: Reader, password: str) -> tuple[Gateway, dict[str, Any]] | None:
    """Return the account's own gateway and its document, creating the account if it does not exist.

    ``gateway`` is an administrator's. None if the account exists with another password.
    """
    listed = gateway.get("/admin-users", search=reader.username)["users"]
    found = next((user for user in listed if user["username"] == reader.username), None)
    if found is None:
        body = {"username": reader.username, "password": password}
        found = gateway.get(f"/admin-users/id/{gateway.post('/auth/register', body)['id']}")
    _complete(gateway, reader, found)
    try:
        return Gateway(gateway.address).signed_in(reader.username, password)
    except Refused as refused:
        if refused.status != 401:
            raise
        return None


def _complete(gateway: Gateway, reader: Reader, user: dict[str, Any]) -> None:
    """Add the role and the verified age that an account lacks."""
    has = {role["name"] for role in user["roles"]}
    wanted = [role["id"] for role in gateway.get("/admin-roles") if role["name"] == reader.role]
    if (wanted and reader.role not in has) or (reader.adult and not user["age_verified"]):
        body = {"username": reader.username, "added_roles": wanted, "age_verified": reader.adult}
        gateway.post(f"/admin-users/edit/{user['id']}", body)


def fill(
    own: Gateway, user: dict[str, Any], reader: Reader, shop: Shop, progress: Progress, *, pictures: bool
) -> None:
    """Add an account's missing entries; without ``pictures`` no profile image is uploaded."""
    if not user["settings"]:
        own.post(f"/users/{user['id']}/save-settings", reader.settings)
    if pictures and user["profile_image"] is None:
        own.post(f"/user/update-image/{user['id']}", {"image": encoded(avatar(reader.username))})
    progress.step("accounts", added=not user["settings"])
    progress.at_once(
        lambda task: task(), [*_readings(own, reader, shop, progress), *_ratings(own, reader, shop, progress)]
    )
    progress.at_once(lambda task: task(), _shelf(own, reader, shop, progress))


Tasks = list[Callable[[], None]]


def _readings(own: Gateway, reader: Reader, shop: Shop, progress: Progress) -> Tasks:
    present = {series["id"] for series in own.get("/user/reading-history", client=shop.client)["series"]}

    def task(series: Series, entry: dict[str, Any]) -> None:
        id = shop.of(series)
        body = entry | {"client": shop.client}
        added = id is not None and id not in present and own.add(f"/user/reading-status/add/{id}", body)
        progress.step("readings", added=added)

    return [_later(task, series, entry) for series, entry in readings(reader)]


def _ratings(own: Gateway, reader: Reader, shop: Shop, progress: Progress) -> Tasks:
    def task(series: Series, rating: float) -> None:
        id = shop.of(series)
        absent = id is not None and own.get(f"/user/series-rating/{id}") is None
        added = absent and own.add(f"/user/series-rating/add/{id}", {"rating": rating})
        progress.step("ratings", added=added)

    return [_later(task, series, rating) for series, rating in ratings(reader)]


def _shelf(own: Gateway, reader: Reader, shop: Shop, progress: Progress) -> Tasks:
    present = {volume["id"] for volume in own.get("/user/collection", client=shop.client)["volumes"]}

    def task(volume: Volume, purchase: dict[str, Any]) -> None:
        id = shop.volumes.get(volume)
        body = purchase | {"client": shop.client}
        added = id is not None and id not in present and own.add(f"/user/collection/add/{id}", body)
        progress.step("collected", added=added)

    return [_later(task, volume, purchase) for volume, purchase in shelf(reader, shop.books)]


def _later(task: Callable[[Any, Any], None], what: object, how: object) -> Callable[[], None]:
    return lambda: task(what, how)
