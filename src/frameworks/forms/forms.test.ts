import { expect, test } from "vitest";
import { analyseShop } from "../../../tests/support/fixture-project.ts";
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
    files(
      `class VenueForm(forms.ModelForm):
    class Meta:
        model = Venue
        fields = ["name", "city"]
`,
      "# expect: country",
    ),
  );
});

test("the text of a permission names its content type", async () => {
  await expectMarked({
    "shop/forms.py": `from django import forms
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Permission, User


class PermissionsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["groups", "user_permissions"]  # expect: content_type


class ChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = ["user_permissions"]


def names():
    return [str(one) for one in Permission.objects.all()]  # expect: content_type
`,
  });
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

test("a class of fields that renders by itself loads its options on demand", async () => {
  await expectMarked(
    files(`class Searching(forms.ModelChoiceField):
    def get_bound_field(self, form, field_name):
        self.queryset = self.queryset.none()
        return super().get_bound_field(form, field_name)


class Widgeted(forms.ModelChoiceField):
    widget = forms.TextInput


class Labelled(forms.ModelChoiceField):
    def label_from_instance(self, city):
        return city.country.name  # expect: country


class VenueForm(forms.Form):
    first = Searching(queryset=City.objects.all())
    second = Widgeted(queryset=City.objects.all())
    third = Labelled(queryset=City.objects.all())
`),
  );
});

test("Django's own selects, buttons and boxes show every option", async () => {
  await expectMarked(
    files(`from django.forms.widgets import CheckboxSelectMultiple


class Searching(forms.Select):
    template_name = "shop/searching.html"


class First(forms.ModelChoiceField):
    widget = forms.RadioSelect

    def label_from_instance(self, city):
        return city.country.name  # expect: country


class Second(forms.ModelMultipleChoiceField):
    def label_from_instance(self, city):
        return city.country.name  # expect: country


class Third(forms.ModelChoiceField):
    def label_from_instance(self, city):
        return city.country.name


class Fourth(forms.ModelChoiceField):
    def label_from_instance(self, city):
        return city.country.name


class CityForm(forms.Form):
    first = First(City.objects.all())
    second = Second(City.objects.all(), widget=CheckboxSelectMultiple)
    third = Third(City.objects.all(), widget=Searching())
    fourth = Fourth(City.objects.all(), widget=forms.Select())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["fourth"].widget = forms.HiddenInput()
`),
  );
});

test("a select that Meta gives a field shows every option", async () => {
  await expectMarked(
    files(
      `class VenueForm(forms.ModelForm):
    class Meta:
        model = Venue
        fields = ["name", "city"]
        widgets = {"city": forms.Select(attrs={"class": "wide"})}
`,
      "# expect: country",
    ),
  );
});

test("a label that the form gives its field takes the place of the row's text", async () => {
  await expectMarked(
    files(`class VenueForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["city"].label_from_instance = lambda city: city.country.name  # expect: country

    class Meta:
        model = Venue
        fields = ["name", "city"]


def named(city):
    return city.name


class Plain(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["city"].label_from_instance = named

    class Meta:
        model = Venue
        fields = ["city"]


class Joined(forms.Form):
    city = forms.ModelChoiceField(queryset=City.objects.none(), widget=forms.Select(attrs={"class": "wide"}))

    def __init__(self, *args, country=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.country = country
        if country:
            self.fields["city"].queryset = City.objects.filter(country=country)
            self.fields["city"].label_from_instance = self.label

    def label(self, city):
        return f"{city.name} of {city.country.name}"  # expect: country
`),
  );
});

test("a form set has a form for each row", async () => {
  await expectMarked({
    ...files('VenueFormSet = forms.modelformset_factory(Venue, fields=["name"])\n'),
    "shop/views.py": `from django import forms
from django.shortcuts import render
from shop.models import Venue


class Members(forms.BaseModelFormSet):
    def clean(self):
        for form in self.forms:
            form.instance.full_clean()


def edit(request):
    plain = forms.modelformset_factory(Venue, fields=["name"])(queryset=Venue.objects.all())
    loaded = forms.modelformset_factory(Venue, fields=["name"], formset=Members)(queryset=Venue.objects.select_related("city__country"))
    return render(request, "shop/edit.html", {"plain": plain, "loaded": loaded})
`,
    "shop/templates/shop/edit.html": `{% for form in plain %}{{ form.instance.city.name }}{% endfor %}{# expect: city #}
{% for form in loaded %}{{ form.instance.city }}{% endfor %}
`,
  });
});

test("a form set of a row that was just made has forms of new rows", async () => {
  await expectMarked({
    "shop/models.py": `${MODELS}    owner = models.ForeignKey("auth.User", models.CASCADE)\n`,
    "shop/signals.py": "",
    "shop/views.py": `from django import forms
from django.shortcuts import render
from shop.models import City, Venue

Venues = forms.inlineformset_factory(City, Venue, fields=["name"])


def add(request):
    city = City(name=request.POST.get("name"))
    return render(request, "shop/edit.html", {"venues": Venues(instance=city), "others": city.venue_set.all()})


def edit(request, pk):
    return render(request, "shop/change.html", {"venues": Venues(instance=City.objects.get(pk=pk))})
`,
    "shop/templates/shop/edit.html": `{% for form in venues %}{{ form.instance.owner.username }}{% endfor %}{# expect: owner? #}
{% for venue in others %}{{ venue.owner.username }}{% endfor %}{# expect: owner? #}
`,
    "shop/templates/shop/change.html": `{% for form in venues %}{{ form.instance.owner.username }}{% endfor %}{# expect: owner #}
`,
  });
});

test("a queryset set at run time is what the select renders", async () => {
  await expectMarked(
    files(
      `class VenueForm(forms.Form):
    city = forms.ModelChoiceField(queryset=City.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["city"].queryset = City.objects.all()
`,
      "# expect: country",
    ),
  );
});

test("a field that is added at run time offers its options too", async () => {
  await expectMarked({
    "shop/forms.py": `from django import forms
from shop.models import Line, Order, Product, Review


class OrderField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, order):
        return order.customer.name  # expect: customer


class ReviewField(forms.ModelChoiceField):
    def label_from_instance(self, review):
        return review.product.title


class LineField(forms.ModelChoiceField):
    def label_from_instance(self, line):
        return line.product.title  # expect: product


class AddedForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["orders"] = OrderField(queryset=Order.objects.all(), widget=forms.CheckboxSelectMultiple())
        self.fields["text"] = forms.CharField()
        self.fields["reviews"] = ReviewField(queryset=Review.objects.select_related("product"))
        self.fields["hidden"] = ReviewField(queryset=Review.objects.all(), widget=forms.HiddenInput())


class ReplacedForm(forms.Form):
    review = ReviewField(queryset=Review.objects.all())
    gone = ReviewField(queryset=Review.objects.all())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["review"] = LineField(queryset=Line.objects.all())
        self.fields["gone"] = forms.CharField()
`,
  });
});

test("form sets offer the same options", async () => {
  await expectMarked(files(`VenueFormSet = forms.modelformset_factory(Venue, fields=["name", "city"])\n`, "# expect: country"));
  await expectMarked(files(`VenueFormSet = forms.modelformset_factory(Venue, fields=["name"])\n`));
});

test("a form that a module makes asks for its options when a page shows it", async () => {
  const { findings } = await analyseShop(
    files(`class CityForm(forms.Form):
    form = forms.modelform_factory(Venue, fields=["name", "city"])
    city = forms.ModelChoiceField(City.objects.all())


Venues = forms.modelform_factory(Venue, fields=["name", "city"])
`),
  );
  expect(findings.filter(({ rule }) => rule === "query-at-import")).toEqual([]);
  expect(findings.some(({ rule }) => rule === "n-plus-one")).toBe(true);
});

test("Select2 shows every option of a plain select, and asks for others while somebody types", async () => {
  await expectMarked({
    "shop/models.py": `from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=80)


class City(models.Model):
    country = models.ForeignKey(Country, models.CASCADE)

    def __str__(self):
        return self.country.name  # expect: country
`,
    "shop/signals.py": "",
    "shop/widgets.py": `from django_select2 import forms as select2
from shop.models import City


class Cities(select2.ModelSelect2Widget):
    model = City

    def label_from_instance(self, city):
        return city.country.name  # expect: country


class Loaded(Cities):
    queryset = City.objects.select_related("country")
`,
    "shop/forms.py": `from django import forms
from django_select2.forms import Select2MultipleWidget
from shop.models import City
from shop.widgets import Loaded


class Trip(forms.Form):
    cities = forms.ModelMultipleChoiceField(City.objects.all(), widget=Select2MultipleWidget)


class Stop(forms.Form):
    city = forms.ModelChoiceField(City.objects.order_by("pk"), widget=Loaded)
`,
  });
});

test("the rows that a user chose are of the field's queryset", async () => {
  await expectMarked(
    files(`class Base(forms.Form):
    cities = forms.ModelMultipleChoiceField(City.objects.select_related(None), widget=forms.MultipleHiddenInput)
    loaded = forms.ModelMultipleChoiceField(City.objects.select_related("country"), widget=forms.MultipleHiddenInput)
    other = forms.ModelMultipleChoiceField(City.objects.order_by("pk"), widget=forms.MultipleHiddenInput)
    names = forms.CharField()

    def clean_other(self):
        return City.objects.select_related("country").filter(pk__in=self.cleaned_data["other"])

    def clean(self):
        data = super().clean()
        for city in data["cities"]:
            city.country.name  # expect: country
        for city in data["loaded"]:
            city.country.name
        for city in data["other"]:
            city.country.name
        for name in data["names"]:
            name.country.name


class Changed(Base):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cities"].queryset = City.objects.select_related("country")

    def save(self):
        return [city.country.name for city in self.cleaned_data.get("cities")]


def view(request):
    form = Base(request.POST)
    if form.is_valid():
        return [city.country.name for city in form.cleaned_data["cities"]]  # expect: country
`),
  );
});

test("a form is shown by no page where those of its views write their inputs out", async () => {
  const form = `class JoinForm(forms.Form):
    city = forms.ModelChoiceField(queryset=City.objects.all(), required=False)
`;
  const view = (more = ""): string => `from django.views.generic import FormView
from shop.forms import JoinForm


class JoinView(FormView):
    template_name = "shop/join.html"
    form_class = JoinForm

    def form_valid(self, form):
        return form.cleaned_data["city"]
${more}`;
  const page = (more: string): string => `{% extends "shop/base.html" %}{% block main %}<form><input name="city" value="1">${more}</form>{% endblock %}`;
  const told = async (body: string, views = view(), base = "{% block main %}{% endblock %}"): Promise<number> => {
    const { findings } = await analyseShop({
      ...files(form),
      "shop/views.py": views,
      "shop/templates/shop/join.html": body,
      "shop/templates/shop/base.html": base,
    });
    return findings.filter(({ rule }) => rule === "n-plus-one").length;
  };
  expect(await told(page(""))).toBe(0);
  expect(await told(page("{{ form.as_p }}"))).toBe(1);
  expect(await told(page(""), view(), "{{ form }}{% block main %}{% endblock %}")).toBe(1);
  expect(await told(page("{% include part %}"))).toBe(1);
  expect(await told(page(""), view("\n    def get_context_data(self, **kwargs):\n        return {'join': self.get_form()}\n"))).toBe(1);
  expect(await told(page(""), view("\n\nOTHERS = [JoinForm]\n"))).toBe(1);
});
