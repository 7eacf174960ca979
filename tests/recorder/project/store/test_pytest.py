import pytest

from . import marks


@pytest.fixture
def mark(db, request):
    marks.run(f"fixture_{request.node.name}", 1)


def test_four(mark):
    marks.run("test_four", 1)


def test_five(mark, client):
    marks.run("test_five", 1)
    client.get("/marked/request_of_five/1/")


@pytest.mark.django_db
def test_six():
    marks.run("test_six", 1)
