from guardian.models.models import *
