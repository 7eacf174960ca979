"""What `luthier record` was asked for, handed over in the environment variable LUTHIER_RECORDING."""

from __future__ import annotations

from typing import Any, NamedTuple


class Config(NamedTuple):
    """The options of one recording; the same in all its processes."""

    folder: str
    root: str
    recorder: str = "0"
    literals: bool = False
    fields: bool = False
    sample: float = 1.0
    max_size: int = 0
    bodies: bool = False
    #: Of the numbers that stand for parameters; without it there are none.
    key: bytes = b""

    @classmethod
    def read(cls, given: dict[str, Any]) -> Config:
        return cls(
            folder=str(given["folder"]),
            root=str(given["root"]),
            recorder=str(given.get("recorder", "0")),
            literals=bool(given.get("literals")),
            fields=bool(given.get("fields")),
            sample=float(given.get("sample", 1.0)),
            max_size=int(given.get("maxSize", 0)),
            bodies=bool(given.get("bodies")),
            key=bytes.fromhex(str(given.get("key", ""))),
        )
