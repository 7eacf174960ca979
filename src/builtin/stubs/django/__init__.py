"""Facts about Django that are known without reading an installed copy."""
