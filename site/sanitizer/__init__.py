"""Clean copies of files that come in: of what people attach to a form, and of what the public site gives out.

`process` makes them in a process apart. It, and whatever it loads, imports no Django.
"""
