from wagtail.documents.models import *
