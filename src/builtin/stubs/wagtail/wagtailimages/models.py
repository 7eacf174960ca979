from wagtail.images.models import *
