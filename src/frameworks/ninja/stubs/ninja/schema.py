class Schema:
    pass


class ModelSchema(Schema):
    pass
