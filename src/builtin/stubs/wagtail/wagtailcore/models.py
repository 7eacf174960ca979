from wagtail.models import *
