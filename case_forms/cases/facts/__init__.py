"""What is known about the person of a case: facts that forms write, and that forms, procedures and the case read.

A fact is sealed and never changed. Another answer adds another row; which one holds is worked out when it is read.
"""
