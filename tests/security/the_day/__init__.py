"""What the staff do in a day, act by act, for `test_the_chain_tells_the_day.py`."""
