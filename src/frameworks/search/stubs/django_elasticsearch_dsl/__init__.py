from django_elasticsearch_dsl.documents import DEDField, Document
from django_elasticsearch_dsl.fields import *
