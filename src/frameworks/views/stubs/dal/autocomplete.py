from dal.forms import FutureModelForm
from dal_select2.views import Select2GroupQuerySetView, Select2QuerySetView
from dal_select2.widgets import ModelSelect2, ModelSelect2Multiple
