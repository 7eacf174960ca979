from customers.models import Customer
from django import forms

from .models import Order


class OrderForm(forms.ModelForm):
    """The customer's select is made by the ModelForm, its queryset is nowhere to be seen."""

    class Meta:
        model = Order
        fields = ["number", "customer", "placed_at"]  # planted: order-form-customer-label queryset


class OrderFormJoined(OrderForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["customer"].queryset = Customer.objects.select_related("user")  # twin: order-form-customer-label
