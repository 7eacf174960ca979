import { test } from "vitest";
import { expectMarked } from "../../../tests/support/framework-case.ts";

const MODELS = `from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=80)


class City(models.Model):
    name = models.CharField(max_length=80)
    country = models.ForeignKey(Country, models.CASCADE)

    def __str__(self):
        return f"{self.name}, {self.country.name}"  # MARK


class Venue(models.Model):
    name = models.CharField(max_length=80)
    city = models.ForeignKey(City, models.CASCADE)
`;

const files = (forms: string, mark = ""): Record<string, string> => ({
  "shop/models.py": MODELS.replace("# MARK", mark),
  "shop/signals.py": "",
  "shop/forms.py": `from django import forms\nfrom shop.models import City, Venue\n\n\n${forms}`,
});

test("a model form's select renders each option's label", async () => {
  await expectMarked(
    files(`class VenueForm(forms.ModelForm):
    class Meta:
        model = Venue
        fields = ["name", "city"]
`, "# expect: country"),
  );
});

test("a field of the project's own may show other rows than its queryset's", async () => {
  await expectMarked(
    files(`class Searched(forms.ModelChoiceField):
    def get_bound_field(self, form, field_name):
        self.queryset = self.queryset.none()
        return super().get_bound_field(form, field_name)


class Shown(forms.ModelChoiceField):
    widget = forms.HiddenInput


class VenueForm(forms.Form):
    city = Searched(queryset=City.objects.all())
    other = Shown(queryset=City.objects.all())
`),
  );
});

test("another widget, or a queryset set at run time, is not the default select", async () => {
  await expectMarked(
    files(`class Hidden(forms.ModelForm):
    class Meta:
        model = Venue
        fields = ["name", "city"]
        widgets = {"city": forms.HiddenInput()}


class Narrowed(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = City.objects.select_related("country")

    class Meta:
        model = Venue
        fields = ["name", "city"]


class Declared(forms.Form):
    city = forms.ModelChoiceField(queryset=City.objects.select_related("country"))


class Without(forms.ModelForm):
    class Meta:
        model = Venue
        exclude = ["city"]
`),
  );
});

test("a queryset set at run time is what the select renders", async () => {
  await expectMarked(
    files(`class VenueForm(forms.Form):
    city = forms.ModelChoiceField(queryset=City.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = City.objects.all()
`, "# expect: country"),
  );
});

test("form sets offer the same options", async () => {
  await expectMarked(files(`VenueFormSet = forms.modelformset_factory(Venue, fields=["name", "city"])\n`, "# expect: country"));
  await expectMarked(files(`VenueFormSet = forms.modelformset_factory(Venue, fields=["name"])\n`));
});
