"""Files that answer a question: taken in, cleaned, sealed, handed out, and deleted with their draft.

`kinds` tells what a file is by its first bytes, `pictures` and `documents` make a clean copy, `laundry` runs them in a
process of their own, `reading` takes files out of a request, `actions` stores and claims them.
"""
