"""Accounts, and nothing else: studies have pages of their own, which keep their rules."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

# Nothing asks for a group: whoever has an account is a researcher, a superuser an admin.
admin.site.unregister(Group)
admin.site.site_header = admin.site.site_title = "DAAM Annotator"
admin.site.index_title = _("Accounts")
