"""Mutants: is a wrong program noticed?

    python -m tests.mutation [--count 60] [--seed TEXT] [--minutes M] [module ...]

modules.toml      which modules are made wrong, and which tests must notice; which mutants are equal, and why
operators.py      the ways in which one place can be made wrong
mutants.py        all mutants of a module, and their code
swapping.py       put a mutant's code in place of a function's, wherever it was imported
children.py       run tests in a forked process, bounded in time
leg.py            within one pytest: record which test enters which function, then try each mutant
report.py         the table, the living ones, `.test-output/mutation.json`

Django is loaded and the tests are collected once; each mutant is tried in a process that is forked from there, by the
tests that enter its function, until the first that fails. What stands outside functions (constants, the rows of a
table, defaults of parameters, lambdas of a module) is not made wrong: it is imported before anything can be swapped.
Nor is what is done on PostgreSQL alone, since the tests of a child have SQLite.
"""
