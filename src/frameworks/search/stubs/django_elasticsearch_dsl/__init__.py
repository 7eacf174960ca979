from django_elasticsearch_dsl.documents import DEDField, DocType, Document
from django_elasticsearch_dsl.fields import *
