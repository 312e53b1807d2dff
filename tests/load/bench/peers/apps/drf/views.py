"""The list of groups: serializers, a permission, and a view."""

from typing import Any, ClassVar

from django.db.models import Prefetch
from django.urls import path
from rest_framework import generics, pagination, permissions, serializers

from tests.load.bench.peers.apps import tokens
from tests.load.bench.peers.apps.drf.models import Group, Series, Volume


class HasToken(permissions.BasePermission):
    """Permits requests with a valid token."""

    def has_permission(self, request: Any, view: Any) -> bool:  # noqa: ARG002 - how the framework calls it
        """Check one request."""
        return tokens.good(request.headers.get("Authorization"))


class SeriesDocument(serializers.ModelSerializer):
    """A series in a group."""

    class Meta:
        """Its fields."""

        model = Series
        fields: ClassVar = ["id", "name", "type"]


class VolumeDocument(serializers.ModelSerializer):
    """A volume in a group."""

    edition_name = serializers.CharField(source="edition.name", default=None)

    class Meta:
        """Its fields."""

        model = Volume
        fields: ClassVar = [
            *("id", "name", "slug", "language", "edition_id", "edition_name"),
            *("special", "special_name", "nsfw", "nsfw18"),
        ]


class GroupDocument(serializers.ModelSerializer):
    """A group with its series and volumes."""

    series = SeriesDocument()
    volumes = VolumeDocument(many=True)

    class Meta:
        """Its fields."""

        model = Group
        fields: ClassVar = ["id", "name", "series_order", "series", "volumes"]


class Pages(pagination.LimitOffsetPagination):
    """Pages by limit and offset, with the number of all groups."""

    default_limit = 50


class Groups(generics.ListAPIView):
    """The list of groups by the titles of their series."""

    serializer_class = GroupDocument
    pagination_class = Pages
    permission_classes = (HasToken,)
    queryset = (
        Group.objects.select_related("series")
        .prefetch_related(
            Prefetch("volumes", queryset=Volume.objects.select_related("edition").order_by("group_order"))
        )
        .order_by("series__sort_name", "series__id", "series_order", "id")
    )


urlpatterns = [path("groups", Groups.as_view())]
