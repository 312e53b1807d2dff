"""The tables of schema ``plain``."""

from django.db import models


class Plain(models.Model):
    """Base of all models: the bench creates the tables."""

    class Meta:
        """Django creates no table."""

        abstract = True
        managed = False
        app_label = "plain"


class Series(Plain):
    """A series."""

    name = models.TextField()
    sort_name = models.TextField()
    type = models.TextField()

    class Meta(Plain.Meta):
        """Its table."""

        db_table = "series"


class Edition(Plain):
    """An edition of a series."""

    name = models.TextField()

    class Meta(Plain.Meta):
        """Its table."""

        db_table = "editions"


class Group(Plain):
    """A group of volumes."""

    series = models.ForeignKey(Series, models.CASCADE)
    name = models.TextField()
    series_order = models.IntegerField()

    class Meta(Plain.Meta):
        """Its table."""

        db_table = "volume_groups"


class Volume(Plain):
    """A volume of a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="volumes")
    group_order = models.IntegerField()
    name = models.TextField()
    slug = models.TextField()
    language = models.TextField()
    edition = models.ForeignKey(Edition, models.CASCADE, null=True)
    special = models.BooleanField()
    special_name = models.TextField(null=True)
    nsfw = models.BooleanField()
    nsfw18 = models.BooleanField()

    class Meta(Plain.Meta):
        """Its table."""

        db_table = "volumes"
