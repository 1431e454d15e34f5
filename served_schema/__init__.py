"""The schema as it is served: built, limited, federated, with stable codes of errors."""

MAX_CALLS = 300  # upstream calls that one operation may cause, unless a setting says otherwise
