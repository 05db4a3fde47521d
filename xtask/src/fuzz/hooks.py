"""Bodies that schemathesis does not know how to make."""

import schemathesis
from hypothesis import strategies as st

WORDS = ["handle", "title", "sku", "price", "Handle", "Title", "Variant SKU", "Variant Price", "=1+1", '"', "\r\n"]
CELL = st.one_of(st.text(max_size=20), st.sampled_from(WORDS))
TABLE = st.lists(st.lists(CELL, max_size=8), max_size=8)


def encode(rows):
    return "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")


schemathesis.openapi.media_type("text/csv", TABLE.map(encode))
