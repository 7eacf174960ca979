/** Models of packages that many projects have: what points to a user from there, and what their rows lead to. */
import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a user's accounts, imported where the list of apps does not name their package", async () => {
  await expectMarked({
    "shop/accounts.py": `from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User


def names():
    for user in User.objects.all():
        print(user.socialaccount_set.first())  # expect: socialaccount_set
        print(user.emailaddress_set.all())  # expect: emailaddress_set


def owners():
    return [account.user.email for account in SocialAccount.objects.all()]  # expect: user
`,
  });
});

test("versions and log entries", async () => {
  await expectMarked({
    "shop/history.py": `from auditlog.admin import LogEntryAdmin
from auditlog.models import LogEntry
from django.contrib import admin
from reversion.models import Version


def history(order):
    for version in Version.objects.get_for_object(order):
        print(version.revision.comment)  # expect: revision
    for entry in LogEntry.objects.get_for_object(order):
        print(entry.actor.email)  # expect: actor


class EntryAdmin(LogEntryAdmin):
    list_display = ["created", "kind"]

    def kind(self, obj):
        return f"{obj.content_type} {obj.actor}"


class NarrowAdmin(LogEntryAdmin):
    list_display = ["created", "kind"]
    list_select_related = ["actor"]

    def kind(self, obj):
        return f"{obj.content_type} {obj.actor}"  # expect: content_type


admin.site.unregister(LogEntry)
admin.site.register(LogEntry, EntryAdmin)
admin.site.register(LogEntry, NarrowAdmin)
`,
  });
});
