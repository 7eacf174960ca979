from django_elasticsearch_dsl import *
from django_elasticsearch_dsl import Document
