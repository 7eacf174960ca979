import { test } from "vitest";
import { expectMarked } from "../../tests/support/framework-case.ts";

test("a user class of a package that was not read has what Django's has", async () => {
  await expectMarked({
    "shop/staff.py": `from helusers.models import AbstractUser


class Member(AbstractUser):
    pass


def roles(request):
    for member in Member.objects.all():
        print([group.name for group in member.groups.all()])  # expect: groups
`,
  });
});
